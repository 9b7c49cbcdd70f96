import type { StreamRow } from '@sallyport/contracts/answers';
import { readableTime } from '../terminal/times.ts';
import type { Column } from '../terminal/table.ts';

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
const why = ({ end, reason }: StreamRow): string => reason ?? (end === undefined ? '' : 'closed');

const wide = true;
const shrinks = true;

const endColumns: Column<StreamRow>[] = [
  { name: 'ENDED', cell: ({ end }) => readableTime(end) },
  { name: 'WHY', cell: why, tone: ({ reason }) => (reason === undefined ? undefined : 'warning') },
  { name: 'EXIT', cell: ({ exitCode }) => (exitCode === undefined ? '' : String(exitCode)) },
];

/** Returns the columns of a list of open or of ended streams. */
export function streamColumns({ ended }: { ended: boolean }): Column<StreamRow>[] {
  return [
    { name: 'STREAM', cell: ({ id }) => id, shrinks },
    { name: 'USER', cell: ({ user }) => user, shrinks },
    { name: 'KIND', cell: ({ kind }) => kind },
    { name: 'CLUSTER', cell: ({ cluster }) => cluster },
    { name: 'WHAT', cell: about, shrinks },
    { name: 'SINCE', cell: ({ since }) => readableTime(since) },
    ...(ended ? endColumns : []),
    { name: 'IN', cell: ({ bytesIn }) => readableBytes(bytesIn) },
    { name: 'OUT', cell: ({ bytesOut }) => readableBytes(bytesOut) },
    { name: 'SESSION', cell: ({ sessionId }) => sessionId, shrinks },
    { name: 'VERB', cell: ({ verb }) => verb, wide },
    { name: 'FROM', cell: ({ clientAddress }) => clientAddress, wide },
    { name: 'GATEWAY', cell: ({ proxy }) => proxy, wide },
    { name: 'AUDIT', cell: ({ auditId }) => auditId, wide },
    ...(ended ? [{ name: 'DETAIL', cell: ({ detail }: StreamRow) => detail ?? '', wide } as const] : []),
  ];
}
