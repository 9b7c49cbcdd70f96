import type { Adapter, AdapterPayload, ClientMetadata } from 'oidc-provider';

/**
 * Creates the in-memory storage for what oidc-provider issues, with at most 5,000 items of each kind. Clients are looked
 * up among the registered ones.
 */
export function createMemoryAdapter(clients: ReadonlyMap<string, ClientMetadata>): new (kind: string) => Adapter {
  const kinds = new Map<string, Map<string, AdapterPayload>>();
  const maxPerKind = 5000;

  return class MemoryAdapter implements Adapter {
    readonly #entries: Map<string, AdapterPayload>;
    readonly #isClient: boolean;

    constructor(kind: string) {
      this.#isClient = kind === 'Client';
      this.#entries = kinds.get(kind) ?? new Map<string, AdapterPayload>();
      kinds.set(kind, this.#entries);
    }
    async upsert(id: string, payload: AdapterPayload): Promise<void> {
      this.#entries.delete(id);
      const [oldest] = this.#entries.keys();
      if (this.#entries.size >= maxPerKind && oldest !== undefined) this.#entries.delete(oldest);
      this.#entries.set(id, payload);
    }
    async find(id: string): Promise<AdapterPayload | undefined> {
      if (this.#isClient) return clients.get(id);
      const found = this.#entries.get(id);
      if (found?.exp !== undefined && found.exp * 1000 <= Date.now()) this.#entries.delete(id);
      return this.#entries.get(id);
    }
    async findByUid(uid: string): Promise<AdapterPayload | undefined> {
      return this.#entries.values().find((payload) => payload.uid === uid);
    }
    async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
      return this.#entries.values().find((payload) => payload.userCode === userCode);
    }
    async consume(id: string): Promise<void> {
      const found = this.#entries.get(id);
      if (found) found.consumed = Math.floor(Date.now() / 1000);
    }
    async destroy(id: string): Promise<void> {
      this.#entries.delete(id);
    }
    async revokeByGrantId(grantId: string): Promise<void> {
      for (const entries of kinds.values())
        for (const [id, payload] of entries) if (payload.grantId === grantId) entries.delete(id);
    }
  };
}
