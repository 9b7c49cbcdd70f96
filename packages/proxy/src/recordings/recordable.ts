import { createStreamObserver } from '@sallyport/kubernetes';
import type { Allowed, ClusterExchange } from '../exchange/exchange.ts';

type Asked = Allowed<ClusterExchange>['asked'];

/** Returns which session in a container a request opens, also through the kubelet. */
export function sessionKind({ kubelet, stream }: Pick<Asked, 'kubelet' | 'stream'>): 'exec' | 'attach' | undefined {
  const kind = kubelet?.action ?? stream;
  return kind === 'exec' || kind === 'attach' ? kind : undefined;
}

const versionHeader = 'x-stream-protocol-version';

/** Returns the values of a header that is a list, from flat header lines. */
const listIn = (lines: readonly string[], name: string): string[] =>
  lines.flatMap((line, index) =>
    index % 2 === 1 && lines[index - 1] === name ? line.split(',').map((value) => value.trim()) : [],
  );

const withoutLines = (lines: readonly string[], name: string): string[] =>
  lines.filter((_line, index) => lines[index - (index % 2)] !== name);

/** Which of the protocols that the client offers can be read. */
function readableOffers({ headers }: Pick<Allowed<ClusterExchange>, 'headers'>): { all: string[]; readable: string[] } {
  const protocol = headers.upgrade === 'websocket' ? 'websocket' : 'spdy';
  const all = protocol === 'websocket' ? (headers.webSocketProtocols ?? []) : listIn(headers.forward, versionHeader);
  const isReadable = (subprotocol: string) =>
    createStreamObserver({ kind: 'exec', protocol, subprotocol }).state === 'ok';
  // Without an offer, the server chooses the oldest version. Over a WebSocket that is not read.
  return { all, readable: (all.length === 0 && protocol === 'spdy' ? [''] : all).filter(isReadable) };
}

/** Reports whether a request is no shell, although authorize may say of it how shells are recorded. */
function isNoShell({ stream, subresource, verb, dryRun }: Asked): boolean {
  // The event of its end says what went through which port.
  if (stream === 'portforward') return true;
  return subresource === 'ephemeralcontainers' && (verb === 'get' || dryRun);
}

/** Returns why what a request opens cannot be recorded, although it is as good as a shell. Undefined if it can be. */
export function notRecordable(exchange: Allowed<ClusterExchange>): string | undefined {
  const { asked, upgrade } = exchange;
  if (isNoShell(asked)) return undefined;
  if (asked.subresource === 'ephemeralcontainers')
    return 'what a container that is added to a pod does before someone attaches to it is not recorded';
  if (sessionKind(asked) === undefined)
    return `what goes through ${asked.resource}/${asked.subresource || 'proxy'} is not recorded`;
  // What listens there is perhaps not the kubelet, and then its response may be anything instead of a session.
  if (asked.kubelet && asked.name.includes(':')) return 'what goes to a port of a node that is named is not recorded';
  if (!upgrade) return 'the request asks for no protocol that is recorded';
  const { all, readable } = readableOffers(exchange);
  if (readable.length > 0) return undefined;
  return all.length === 0
    ? 'the client offers no subprotocol'
    : 'the client offers no subprotocol that is recorded, such as v5.channel.k8s.io';
}

/** Leaves of what the client offers only what can be read, so that the server chooses nothing else. */
export function offerReadable(exchange: Allowed<ClusterExchange>): void {
  const { headers } = exchange;
  const { all, readable } = readableOffers(exchange);
  // Compressed messages are not read.
  const forward = withoutLines(headers.forward, 'sec-websocket-extensions');
  if (headers.upgrade === 'websocket') headers.webSocketProtocols = readable;
  headers.forward =
    headers.upgrade === 'websocket' || all.length === 0
      ? forward
      : [...withoutLines(forward, versionHeader), ...readable.flatMap((version) => [versionHeader, version])];
}
