import type { OwnedStreamRow } from '@sallyport/contracts';
import { clientText } from '../audit/client-text.ts';
import type { OpenStream } from './open-stream.ts';

const mostUser = 2048;
const mostDetail = 4096;
const mostPorts = 64;

/** What has been seen of what flows: ports while it is open, and how the command ended. */
function observed({ exchange: { observer } }: OpenStream): Pick<OwnedStreamRow, 'ports' | 'exitCode'> {
  if (!observer) return {};
  const { ports = [], exitCode } = observer.summary();
  return {
    ...(ports.length > 0 ? { ports: ports.slice(0, mostPorts).map(({ port }) => port) } : {}),
    ...(exitCode === undefined ? {} : { exitCode }),
  };
}

/**
 * What is told of a stream, and whose it is; `endedAt` (milliseconds since the epoch) if it is over. Nothing of what
 * was sent, and no command: that stands in the audit trail, in the form it is configured to have there.
 */
export function describeStream(stream: OpenStream, proxy: string, endedAt: number | undefined): OwnedStreamRow {
  const { id, kind, exchange, openedAt, end } = stream;
  const { answer, kube, upstream } = exchange;
  const { identity } = answer ?? {};
  const container = kube?.exec?.container ?? '';
  return {
    id,
    kind,
    proxy,
    cluster: upstream?.name ?? '',
    verb: kube?.verb ?? '',
    clientAddress: exchange.clientAddress,
    auditId: exchange.auditId,
    issuer: identity?.issuer ?? '',
    subject: identity?.subject ?? '',
    user: (identity?.user ?? '').slice(0, mostUser),
    sessionId: answer?.session?.id ?? '',
    namespace: clientText(kube?.namespace ?? ''),
    resource: clientText(kube?.resource ?? ''),
    name: clientText(kube?.name ?? ''),
    subresource: clientText(kube?.subresource ?? ''),
    path: clientText(kube?.path ?? ''),
    ...(container === '' ? {} : { container: clientText(container) }),
    ...observed(stream),
    since: openedAt,
    bytesIn: exchange.bytesIn,
    bytesOut: exchange.bytesOut,
    ...(endedAt === undefined ? {} : { end: endedAt }),
    ...(end === undefined ? {} : { reason: end.reason, detail: end.detail.slice(0, mostDetail) }),
  };
}
