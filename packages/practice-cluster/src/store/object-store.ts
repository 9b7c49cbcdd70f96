import { alreadyExists, notFound } from '../api-error.ts';
import type { KubeObject } from '../kube-object.ts';
import type { Kind } from '../kinds/kind.ts';

/** A change of one object; `previous` is what it was before. */
export type StoreEvent = {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  kind: Kind;
  object: KubeObject;
  previous?: KubeObject;
  version: number;
};

// What etcd's compaction does for a real cluster: a watch that asks for older changes gets 410.
const historyLength = 500;

/**
 * All objects in memory, with one resource version over all of them and a bounded history for watches. What it holds is
 * never mutated.
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

  /** Like get, but throws the API server's 404. */
  demand(kind: Kind, namespace: string, name: string): KubeObject {
    const object = this.get(kind, namespace, name);
    if (object === undefined) throw notFound(kind, name);
    return object;
  }

  /** Objects of a kind in the order of namespace and name; in all namespaces if `namespace` is empty. */
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

  /** Calls `listener` for every change, in order; returns the function that ends it. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes after `version`; undefined if some of them are forgotten. */
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
