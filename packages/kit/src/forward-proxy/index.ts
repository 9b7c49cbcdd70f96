// The way to another server through the forward proxy of the environment (HTTPS_PROXY, NO_PROXY).
export { findProxy, type Proxy } from './find-proxy.ts';
export { openTunnel } from './open-tunnel.ts';
export { ProxyFault } from './proxy-fault.ts';
