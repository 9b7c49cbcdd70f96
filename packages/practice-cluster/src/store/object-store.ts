import type { Kind } from '../kinds/kind.ts';
import { alreadyExists, notFound } from '../objects/api-error.ts';
import type { KubeObject } from '../objects/kube-object.ts';

/** A change to an object. `previous` is its state before the change. */
export type StoreEvent = {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  kind: Kind;
  object: KubeObject;
  previous?: KubeObject;
  version: number;
};

// Like etcd's compaction in a real cluster: a watch from an older version gets 410.
const historyLength = 500;

/**
 * All objects in memory, with a common resource version and a bounded history for watches. Stored objects are never
 * mutated.
 */
export class ObjectStore {
  /** The version of the latest change. */
  version = 1;
  readonly #tables = new Map<Kind, Map<string, KubeObject>>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  #history: StoreEvent[] = [];
  #forgotten = 0;

  get(kind: Kind, namespace: string, name: string): KubeObject | undefined {
    return this.#table(kind).get(keyOf(kind, namespace, name));
  }

  /** Like get, but throws the 404 of the API server. */
  demand(kind: Kind, namespace: string, name: string): KubeObject {
    const object = this.get(kind, namespace, name);
    if (object === undefined) throw notFound(kind, name);
    return object;
  }

  /** Returns the objects of a kind, sorted by namespace and name, in all namespaces if `namespace` is empty. */
  list(kind: Kind, namespace = ''): KubeObject[] {
    const all = [...this.#table(kind).entries()].filter(
      ([, object]) => namespace === '' || object.metadata.namespace === namespace,
    );
    return all.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  create(kind: Kind, object: KubeObject): KubeObject {
    const { namespace = '', name = '' } = object.metadata;
    if (this.get(kind, namespace, name) !== undefined) throw alreadyExists(kind, name);
    return this.#put('ADDED', kind, object);
  }

  replace(kind: Kind, object: KubeObject): KubeObject {
    return this.#put('MODIFIED', kind, object);
  }

  remove(kind: Kind, namespace: string, name: string): KubeObject {
    const object = this.demand(kind, namespace, name);
    this.#table(kind).delete(keyOf(kind, namespace, name));
    this.version += 1;
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
    this.#tell({ type: 'DELETED', kind, object: last, previous: object, version: this.version });
    return last;
  }

  /** Calls `listener` for every change, in order. Returns a function that unsubscribes. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Returns the changes after `version`, or undefined if some of them are no longer kept. */
  since(version: number): StoreEvent[] | undefined {
    return version < this.#forgotten ? undefined : this.#history.filter((event) => event.version > version);
  }

  #put(type: 'ADDED' | 'MODIFIED', kind: Kind, object: KubeObject): KubeObject {
    const { namespace = '', name = '' } = object.metadata;
    this.version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
    const key = keyOf(kind, namespace, name);
    const previous = this.#table(kind).get(key);
    this.#table(kind).set(key, stored);
    this.#tell({ type, kind, object: stored, previous, version: this.version });
    return stored;
  }

  #tell(event: StoreEvent): void {
    this.#history.push(event);
    if (this.#history.length > 2 * historyLength) {
      this.#history = this.#history.slice(-historyLength);
      this.#forgotten = this.#history[0]!.version - 1;
    }
    for (const listener of this.#listeners) listener(event);
  }

  #table(kind: Kind): Map<string, KubeObject> {
    let table = this.#tables.get(kind);
    if (table === undefined) this.#tables.set(kind, (table = new Map()));
    return table;
  }
}

function keyOf(kind: Kind, namespace: string, name: string): string {
  return kind.namespaced ? `${namespace}/${name}` : name;
}
