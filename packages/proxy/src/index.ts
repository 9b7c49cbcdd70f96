// The road to the clusters: the gateway that every kubectl talks to, and its own pages and API.
export { readHeaders, type ReadHeaders } from './headers/read-headers.ts';
export { startProxy, type ProxyParts, type RunningProxy } from './start-proxy.ts';
