import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import type { GatewayAddress } from '../input/gateway-address.ts';
import { describeConnectionFault } from '../gateway/unreachable.ts';
import { type Proxy, findProxy } from '../proxy/find-proxy.ts';
import { openTunnel } from '../proxy/open-tunnel.ts';
import { failed, failedBy, ok, type Check } from './check.ts';

/** Checks what the variables of the environment say about a proxy for the gateway. Never repeats its password. */
export function checkProxy(
  { origin }: GatewayAddress,
  env: Record<string, string | undefined>,
): { check: Check; proxy?: Proxy } {
  try {
    const proxy = findProxy(origin, env);
    if (proxy !== undefined)
      return { proxy, check: ok('proxy', `${proxy.name} leads to the gateway (from ${proxy.variable})`) };
    const set = ['HTTPS_PROXY', 'https_proxy'].find((one) => (env[one]?.trim() ?? '') !== '');
    if (set === undefined) return { check: ok('proxy', 'none: HTTPS_PROXY is not set') };
    return {
      check: ok('proxy', `none for this address: ${set} is set, but the gateway is on this machine or in NO_PROXY`),
    };
  } catch (error) {
    return { check: failedBy('proxy', error) };
  }
}

/** Where a connection leads: to the gateway, or to the proxy on the way to it. */
type Peer = { host: string; port: number; what: 'gateway' | 'proxy' };
/** The checks of the network, and the connection to the gateway if there is one. */
type Network = { checks: Check[]; socket?: Socket };

const limitMs = 5000;
const timedOut = () => Object.assign(new Error('it does not answer'), { code: 'ETIMEDOUT' });

function peerOf(url: URL, what: Peer['what']): Peer {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, what };
}

async function withinLimit<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(timedOut()), limitMs);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

async function checkName({ host, what }: Peer): Promise<Check | undefined> {
  if (isIP(host) !== 0) return undefined;
  try {
    const addresses = await withinLimit(lookup(host, { all: true }));
    return ok('dns', `${host} is ${addresses.map(({ address }) => address).join(', ')}`);
  } catch (error) {
    return failed(
      'dns',
      `${host} (${what}): ${describeConnectionFault(error, what)[0]}`,
      'Check the address, and your network (VPN?).',
    );
  }
}

function connectTo({ host, port }: Peer): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.setTimeout(limitMs, () => socket.destroy(timedOut()));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** Checks that the name of the gateway, or of the proxy, can be resolved, and that a connection can be opened. */
export async function checkNetwork({ origin }: GatewayAddress, proxy: Proxy | undefined): Promise<Network> {
  const gateway = new URL(origin);
  const peer = proxy === undefined ? peerOf(gateway, 'gateway') : peerOf(proxy.url, 'proxy');
  const dns = await checkName(peer);
  const checks = dns === undefined ? [] : [dns];
  if (dns?.status === 'failed') return { checks };
  try {
    if (proxy !== undefined) {
      const { host, port } = peerOf(gateway, 'gateway');
      const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
      const socket = await openTunnel(proxy, target, AbortSignal.timeout(limitMs));
      return { checks: [...checks, ok('tcp', `${proxy.name} connects to ${target}`)], socket };
    }
    const socket = await connectTo(peer);
    return {
      checks: [...checks, ok('tcp', `port ${peer.port} of ${socket.remoteAddress ?? peer.host} is open`)],
      socket,
    };
  } catch (error) {
    if (proxy !== undefined) return { checks: [...checks, failedBy('tcp', error)] };
    const [what, hint] = describeConnectionFault(error, 'gateway');
    return { checks: [...checks, failed('tcp', `port ${peer.port} of ${peer.host}: ${what}`, hint)] };
  }
}
