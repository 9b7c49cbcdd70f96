import { arrayAt, isJsonObject, textAt, valueAt, type KubeObject } from '../objects/kube-object.ts';
import type { Column } from './kind.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** Formats milliseconds as `kubectl get` shows an age: `45s`, `3m20s`, `5h`, `12d`, `2y30d`. */
export function humanDuration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 2 * minute) return `${Math.floor(ms / second)}s`;
  if (ms < 10 * minute) return two(ms, minute, 'm', second, 's');
  if (ms < 3 * hour) return `${Math.floor(ms / minute)}m`;
  if (ms < 8 * hour) return two(ms, hour, 'h', minute, 'm');
  if (ms < 2 * day) return `${Math.floor(ms / hour)}h`;
  if (ms < 8 * day) return two(ms, day, 'd', hour, 'h');
  if (ms < 2 * year) return `${Math.floor(ms / day)}d`;
  if (ms < 8 * year) return two(ms, year, 'y', day, 'd');
  return `${Math.floor(ms / year)}y`;
}

function two(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)}${largeName}${rest === 0 ? '' : `${rest}${smallName}`}`;
}

type Cell = Column['cell'];

function column(name: string, cell: Cell, more: Partial<Column> = {}): Column {
  return { name, type: 'string', cell, ...more };
}

function wide(name: string, cell: Cell): Column {
  return column(name, cell, { priority: 1 });
}

const nameColumn = column('Name', (object) => object.metadata.name ?? '');
const age = column('Age', (object, now) => humanDuration(now - Date.parse(object.metadata.creationTimestamp ?? '')));
const createdAt = column('Created At', (object) => object.metadata.creationTimestamp ?? '', { type: 'date' });

function text(path: string): Cell {
  return (object) => textAt(object, path);
}

function count(...paths: string[]): Cell {
  return (object) => paths.reduce((sum, path) => sum + Object.keys(objectAt(object, path)).length, 0);
}

function objectAt(object: KubeObject, path: string): Record<string, unknown> {
  const value = valueAt(object, path);
  return isJsonObject(value) ? value : {};
}

function number(object: KubeObject, path: string): number {
  const value = valueAt(object, path);
  return typeof value === 'number' ? value : 0;
}

function subjects(kind: string): Cell {
  return (object) =>
    arrayAt(object, 'subjects')
      .filter((subject) => subject.kind === kind)
      .map((subject) =>
        kind === 'ServiceAccount' ? `${String(subject.namespace)}/${String(subject.name)}` : String(subject.name),
      )
      .join(', ');
}

function containers(field: string): Cell {
  return (object) =>
    arrayAt(object, 'spec.template.spec.containers')
      .map((container) => String(container[field]))
      .join(',');
}

function selector(path: string): Cell {
  return (object) =>
    Object.entries(objectAt(object, path))
      .map(([key, value]) => `${key}=${String(value)}`)
      .join(',') || '<none>';
}

const readyContainers: Cell = (pod) =>
  `${arrayAt(pod, 'status.containerStatuses').filter((status) => status.ready === true).length}/${arrayAt(pod, 'spec.containers').length}`;
const ports: Cell = (service) =>
  arrayAt(service, 'spec.ports')
    .map((port) => `${String(port.port)}/${textAt(port, 'protocol') || 'TCP'}`)
    .join(',') || '<none>';
const role: Cell = (binding) => `${textAt(binding, 'roleRef.kind')}/${textAt(binding, 'roleRef.name')}`;
const bindingColumns = [
  nameColumn,
  column('Role', role),
  age,
  wide('Users', subjects('User')),
  wide('Groups', subjects('Group')),
  wide('ServiceAccounts', subjects('ServiceAccount')),
];

/** The columns of each resource, named as in the `kubectl get` output of a real cluster. */
export const columns: Readonly<Record<string, Column[]>> = {
  namespaces: [nameColumn, column('Status', text('status.phase')), age],
  nodes: [
    nameColumn,
    column('Status', () => 'Ready'),
    column('Roles', () => '<none>'),
    age,
    column('Version', text('status.nodeInfo.kubeletVersion')),
  ],
  pods: [
    nameColumn,
    column('Ready', readyContainers),
    column('Status', text('status.phase')),
    column(
      'Restarts',
      (pod) =>
        arrayAt(pod, 'status.containerStatuses').reduce(
          (sum, status) => sum + number(status as KubeObject, 'restartCount'),
          0,
        ),
      { type: 'integer' },
    ),
    age,
    wide('IP', (pod) => textAt(pod, 'status.podIP') || '<none>'),
    wide('Node', (pod) => textAt(pod, 'spec.nodeName') || '<none>'),
    wide('Nominated Node', () => '<none>'),
    wide('Readiness Gates', () => '<none>'),
  ],
  configmaps: [nameColumn, column('Data', count('data', 'binaryData'), { type: 'integer' }), age],
  secrets: [nameColumn, column('Type', text('type')), column('Data', count('data'), { type: 'integer' }), age],
  serviceaccounts: [
    nameColumn,
    column('Secrets', (object) => arrayAt(object, 'secrets').length, { type: 'integer' }),
    age,
  ],
  services: [
    nameColumn,
    column('Type', text('spec.type')),
    column('Cluster-IP', (object) => textAt(object, 'spec.clusterIP') || '<none>'),
    column('External-IP', () => '<none>'),
    column('Port(s)', ports),
    age,
    wide('Selector', selector('spec.selector')),
  ],
  deployments: [
    nameColumn,
    column('Ready', (object) => `${number(object, 'status.readyReplicas')}/${number(object, 'spec.replicas')}`),
    column('Up-to-date', (object) => number(object, 'status.updatedReplicas'), { type: 'integer' }),
    column('Available', (object) => number(object, 'status.availableReplicas'), { type: 'integer' }),
    age,
    wide('Containers', containers('name')),
    wide('Images', containers('image')),
    wide('Selector', selector('spec.selector.matchLabels')),
  ],
  events: [
    column('Last Seen', (object, now) => humanDuration(now - Date.parse(textAt(object, 'lastTimestamp')))),
    column('Type', text('type')),
    column('Reason', text('reason')),
    column(
      'Object',
      (object) => `${textAt(object, 'involvedObject.kind').toLowerCase()}/${textAt(object, 'involvedObject.name')}`,
    ),
    column('Message', text('message')),
  ],
  roles: [nameColumn, createdAt],
  clusterroles: [nameColumn, createdAt],
  rolebindings: bindingColumns,
  clusterrolebindings: bindingColumns,
};
