import { withoutCommand, type OwnedStreamRow } from '@sallyport/contracts';
import { clientText } from '../credential/client-text.ts';
import type { AllowedExchange, OpenStream } from '../exchange/exchange.ts';
import { ownerKey } from './stream-indexes.ts';

const maxUser = 2048;
const maxDetail = 4096;
const maxPorts = 64;

/** Returns a text from the client without a command, which a path can carry too. */
const shown = (text: string) => clientText(withoutCommand(text));

/** The observed ports, also while the stream is open, and the exit code of a command that has ended. */
function observed({ exchange: { observer } }: OpenStream): Pick<OwnedStreamRow, 'ports' | 'exitCode'> {
  if (!observer) return {};
  const { ports = [], exitCode } = observer.summary();
  return {
    ...(ports.length > 0 ? { ports: ports.slice(0, maxPorts).map(({ port }) => port) } : {}),
    exitCode,
  };
}

type Place = Pick<
  OwnedStreamRow,
  'cluster' | 'route' | 'namespace' | 'resource' | 'name' | 'subresource' | 'container'
>;

const noObject = { namespace: '', resource: '', name: '', subresource: '' };

/** Where a stream is: at an object of a cluster, or at a web application. */
export function placeOf(exchange: AllowedExchange): Place {
  if (exchange.kind === 'application') return { cluster: '', route: exchange.upstream.host, ...noObject };
  const { namespace, resource, name, subresource, exec } = exchange.asked;
  return {
    cluster: exchange.upstream.name,
    namespace: shown(namespace),
    resource: shown(resource),
    name: shown(name),
    subresource: shown(subresource),
    ...(exec?.container ? { container: shown(exec.container) } : {}),
  };
}

/**
 * Describes a stream and its owner for a list. `endedAt` is in milliseconds since the epoch, and undefined while the
 * stream is open. The row contains nothing that was sent, and no command: the audit trail has that, in clear or hashed
 * as configured.
 */
export function describeStream(stream: OpenStream, proxy: string, endedAt: number | undefined): OwnedStreamRow {
  const { id, kind, exchange, openedAt, end } = stream;
  const { answer, asked } = exchange;
  const { identity } = answer;
  return {
    id,
    kind,
    proxy,
    ...placeOf(exchange),
    verb: asked.verb.toLowerCase(),
    clientAddress: exchange.clientAddress,
    auditId: exchange.auditId,
    issuer: identity?.issuer ?? '',
    subject: identity?.subject ?? '',
    user: (identity?.user ?? '').slice(0, maxUser),
    sessionId: answer.session?.id ?? '',
    path: shown(asked.path),
    ...observed(stream),
    ...(exchange.recording?.isWhole ? { recording: exchange.recording.id } : {}),
    since: openedAt,
    bytesIn: exchange.bytesIn,
    bytesOut: exchange.bytesOut,
    end: endedAt,
    ...(end === undefined ? {} : { reason: end.reason, detail: end.detail.slice(0, maxDetail) }),
  };
}

const maxRows = 1000;

/**
 * Keeps the latest 1,000 streams that have ended, for users who ask why theirs did. When there are too many, the oldest
 * of the user with the most is dropped, so that no user crowds out the others.
 */
export function createEndedStreams(): { add(row: OwnedStreamRow): void; rows(): OwnedStreamRow[] } {
  const rows: OwnedStreamRow[] = [];
  const counts = new Map<string, number>();
  const dropOne = () => {
    let most = '';
    let largest = 0;
    for (const [owner, count] of counts) if (count > largest) [most, largest] = [owner, count];
    rows.splice(
      rows.findIndex((row) => ownerKey(row) === most),
      1,
    );
    counts.set(most, largest - 1);
    if (largest === 1) counts.delete(most);
  };
  return {
    add(row) {
      const owner = ownerKey(row);
      rows.push(row);
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
      if (rows.length > maxRows) dropOne();
    },
    rows: () => rows.toReversed(),
  };
}
