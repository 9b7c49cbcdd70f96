import type { StreamRow } from '../gateway/answers.ts';

const moment = (ms: number | undefined) => (ms === undefined ? '' : new Date(ms).toISOString());
const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Formats a number of bytes for humans. */
export function readableBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  for (; value >= 1024 && unit < units.length - 1; unit += 1) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Describes the object of a stream like the arguments of kubectl. */
function about({ resource, subresource, kind, name, namespace, container, ports, path }: StreamRow): string {
  if (resource === '') return path;
  const parts = [`${resource}${name === '' ? '' : `/${name}`}`];
  // The kind column may already name the subresource.
  if (subresource !== '' && subresource !== kind) parts[0] += `/${subresource}`;
  if (namespace !== '') parts.push(`-n ${namespace}`);
  if (container !== undefined) parts.push(`-c ${container}`);
  if (ports !== undefined && ports.length > 0) parts.push(`:${ports.join(',')}`);
  return parts.join(' ');
}

/** Returns why a stream ended: the gateway's reason, or `closed` if the client or the cluster closed it. */
function why({ end, reason, detail }: StreamRow, wide: boolean): string {
  if (reason === undefined) return end === undefined ? '' : 'closed';
  return wide && detail !== undefined ? `${reason}: ${detail}` : reason;
}

/** Returns the columns of a list of streams. `wide` has all of them. */
export function streamTable(
  streams: readonly StreamRow[],
  { ended, wide }: { ended: boolean; wide: boolean },
): { heading: string[]; rows: string[][] } {
  const columns: [string, (row: StreamRow) => string][] = [
    ['STREAM', ({ id }) => id],
    ['USER', ({ user }) => user],
    ['KIND', ({ kind }) => kind],
    ['CLUSTER', ({ cluster }) => cluster],
    ['WHAT', about],
    ['SINCE', ({ since }) => moment(since)],
    ...(ended
      ? ([
          ['ENDED', ({ end }) => moment(end)],
          ['WHY', (row) => why(row, wide)],
          ['EXIT', ({ exitCode }) => (exitCode === undefined ? '' : String(exitCode))],
        ] as typeof columns)
      : []),
    ['IN', ({ bytesIn }) => readableBytes(bytesIn)],
    ['OUT', ({ bytesOut }) => readableBytes(bytesOut)],
    ['SESSION', ({ sessionId }) => sessionId],
    ...(wide
      ? ([
          ['VERB', ({ verb }) => verb],
          ['FROM', ({ clientAddress }) => clientAddress],
          ['GATEWAY', ({ proxy }) => proxy],
          ['AUDIT', ({ auditId }) => auditId],
        ] as typeof columns)
      : []),
  ];
  return { heading: columns.map(([name]) => name), rows: streams.map((row) => columns.map(([, cell]) => cell(row))) };
}
