/**
 * Maps of JSON values by name, whose contents may be kept on a disk. A value that was changed in place must be set
 * again. The order of a map is that in which its keys were first set.
 */
export type Tables = {
  /** Returns the map of this name, with what is on the disk. Ask once for each name. */
  map<Value>(name: string): Map<string, Value>;
  /** Returns the names of maps on the disk that nobody has asked for, without the prefix that they begin with. */
  stored(prefix: string): string[];
  /**
   * Returns undefined if everything that was set or deleted is on the disk, or a promise that resolves when it is.
   * Rejects with `sessions-unavailable` if the disk did not take it. The change may then still get there later.
   */
  saved(): Promise<void> | undefined;
  /** Throws `sessions-unavailable` while the disk takes nothing. */
  check(): void;
};

/** Tables whose contents end with the process. */
export const memoryTables: Tables = {
  map: () => new Map(),
  stored: () => [],
  saved: () => undefined,
  check: () => undefined,
};

type Methods = Record<string, unknown>;

/**
 * Returns a store whose methods reject while the disk takes nothing. Those in `changing` resolve only when what they did is
 * on the disk.
 */
export function savedStore<Store extends object>(
  store: Store,
  tables: Tables,
  changing: readonly (keyof Store & string)[],
): Store {
  if (tables === memoryTables) return store;
  const checked = Object.entries(store as Methods).map(([name, method]) => {
    if (typeof method !== 'function' || /^(on[A-Z]|close$|ping$)/.test(name)) return [name, method];
    const isChanging = changing.includes(name as keyof Store & string);
    const run = async (...given: unknown[]): Promise<unknown> => {
      tables.check();
      const result: unknown = await (method as (...all: unknown[]) => unknown)(...given);
      if (isChanging) await tables.saved();
      return result;
    };
    return [name, run];
  });
  return Object.fromEntries(checked) as Store;
}
