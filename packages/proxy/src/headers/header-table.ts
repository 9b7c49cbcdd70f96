/** What the gateway does with a request header that it knows. Every other header is dropped. */
type HeaderUse = 'forward' | 'websocket' | 'read';

const forward = [
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-encoding',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'kubectl-command',
  'kubectl-session',
  'pragma',
  'range',
  'user-agent',
  'x-stream-protocol-version',
];
const websocket = ['sec-websocket-key', 'sec-websocket-version', 'sec-websocket-extensions'];
const read = [
  'authorization',
  'connection',
  'content-length',
  'expect',
  'host',
  'origin',
  'sec-websocket-protocol',
  'transfer-encoding',
  'upgrade',
  'x-forwarded-for',
  'x-pomerium-authorization',
  'proxy-authorization',
  'keep-alive',
  'te',
  'trailer',
  'cookie',
];

/** The allow-list of request headers, by lower-case name. */
export const headerTable: ReadonlyMap<string, HeaderUse> = new Map([
  ...forward.map((name) => [name, 'forward'] as const),
  ...websocket.map((name) => [name, 'websocket'] as const),
  ...read.map((name) => [name, 'read'] as const),
]);
