// The service that takes requests to clusters, with the gateway's own pages and API.
export { readHeaders } from './headers/read-headers.ts';
export { startProxy } from './start-proxy.ts';
