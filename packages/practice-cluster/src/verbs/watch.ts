import { flag, parameter, type Call, type Cluster } from '../access/call.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import { ApiError, badRequest } from '../objects/api-error.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import type { StoreEvent } from '../store/object-store.ts';
import { readRepresentation, toMetadata, toTable, type Representation } from './represent.ts';
import { createSelects } from './selects.ts';

const bookmarkInterval = 60_000;
const defaultTimeout = 30 * 60_000;
// Like a real API server, disconnects a client that has fallen this far behind. It can start again.
const maxUnread = 16 * 1024 * 1024;

/** Streams changes, one JSON document per line, until the client disconnects, the timeout ends or the cluster closes. */
export function watch(cluster: Cluster, call: Call, kind: Kind): void {
  const as = readRepresentation(call.request);
  const selects = createSelects(call);
  const start = readStart(call);
  const timeout = readTimeout(call);
  const { response } = call;
  response.writeHead(200, {
    'content-type': as === 'object' ? 'application/json' : 'application/json;stream=watch',
    'cache-control': 'no-cache, private',
  });
  response.flushHeaders();
  const writer = createWriter(cluster, call, kind, as);
  const replay = start.version === undefined ? [] : cluster.store.since(start.version);
  if (replay === undefined) {
    writer.error(new ApiError(410, 'Expired', `too old resource version: ${start.version} (${cluster.store.version})`));
    response.end();
    return;
  }
  if (start.version === undefined)
    for (const object of cluster.store.list(kind).filter(selects)) writer.send('ADDED', object);
  if (start.endOfInitial) writer.bookmark({ 'k8s.io/initial-events-end': 'true' });
  const deliver = (event: StoreEvent): void => {
    if (event.kind !== kind) return;
    const type = seenAs(event, selects);
    if (type !== undefined) writer.send(type, event.object);
  };
  replay.forEach(deliver);
  endWith(
    cluster,
    call,
    timeout,
    cluster.store.subscribe(deliver),
    flag(call, 'allowWatchBookmarks') ? writer.bookmark : undefined,
  );
}

// An object that leaves the selection is reported as deleted, and one that enters it as added.
function seenAs(
  { type, object, previous }: StoreEvent,
  selects: (object: KubeObject) => boolean,
): StoreEvent['type'] | undefined {
  const is = type !== 'DELETED' && selects(object);
  const was = previous !== undefined && selects(previous);
  if (is) return was ? 'MODIFIED' : 'ADDED';
  return was ? 'DELETED' : undefined;
}

type Writer = {
  send: (type: string, object: KubeObject) => void;
  bookmark: (annotations?: Record<string, string>) => void;
  error: (error: ApiError) => void;
};

function createWriter(cluster: Cluster, { response }: Call, kind: Kind, as: Representation): Writer {
  let first = true;
  const write = (type: string, object: unknown): void => {
    if (response.writableEnded) return;
    response.write(`${JSON.stringify({ type, object })}\n`);
    if (response.writableLength > maxUnread) response.destroy();
  };
  const shape = (object: KubeObject, rows: KubeObject[]): unknown => {
    if (as === 'object') return object;
    if (as === 'metadata') return toMetadata(object);
    const table = toTable(rows, {
      kind,
      now: cluster.clock(),
      resourceVersion: object.metadata.resourceVersion,
      withoutColumns: !first,
    });
    first = false;
    return table;
  };
  return {
    send: (type, object) => write(type, shape(object, [object])),
    bookmark: (annotations) => {
      const object: KubeObject = {
        kind: kind.kind,
        apiVersion: apiVersionOf(kind),
        metadata: { resourceVersion: String(cluster.store.version), ...(annotations && { annotations }) },
      };
      write('BOOKMARK', shape(object, [object]));
    },
    error: (error) => write('ERROR', error.status),
  };
}

function endWith(
  cluster: Cluster,
  { response }: Call,
  timeout: number,
  unsubscribe: () => void,
  bookmark: (() => void) | undefined,
): void {
  const end = (): void => void response.end();
  const ender = setTimeout(end, timeout).unref();
  const marker = bookmark && setInterval(() => bookmark(), bookmarkInterval).unref();
  cluster.closing.addEventListener('abort', end);
  response.once('close', () => {
    clearTimeout(ender);
    clearInterval(marker);
    unsubscribe();
    cluster.closing.removeEventListener('abort', end);
  });
}

function readStart(call: Call): { version: number | undefined; endOfInitial: boolean } {
  const text = parameter(call, 'resourceVersion');
  if (!/^[0-9]*$/.test(text))
    throw badRequest(`Invalid value: ${JSON.stringify(text)}: resourceVersion must be a number`);
  if (flag(call, 'sendInitialEvents')) {
    if (parameter(call, 'resourceVersionMatch') !== 'NotOlderThan')
      throw badRequest('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
    return { version: undefined, endOfInitial: flag(call, 'allowWatchBookmarks') };
  }
  return { version: text === '' || text === '0' ? undefined : Number(text), endOfInitial: false };
}

function readTimeout(call: Call): number {
  const text = parameter(call, 'timeoutSeconds');
  if (!/^[0-9]{0,6}$/.test(text)) throw badRequest('timeoutSeconds must be an integer');
  return text === '' || text === '0' ? defaultTimeout : Number(text) * 1000;
}
