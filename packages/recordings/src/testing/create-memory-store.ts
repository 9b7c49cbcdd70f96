import { Readable } from 'node:stream';
import { StoreConflict, type RecordingStore } from '../store/recording-store.ts';

/** A store in memory, which can be away. */
export type MemoryStore = RecordingStore & {
  /** The files by `<recording>/<name>`. */
  files: Map<string, Buffer>;
  /** While it is true, everything fails. */
  isAway: boolean;
};

/** Creates an empty store. */
export function createMemoryStore(): MemoryStore {
  const files = new Map<string, Buffer>();
  const check = async (): Promise<void> => {
    if (store.isAway) throw new Error('the store is away');
  };
  const store: MemoryStore = {
    files,
    isAway: false,
    check,
    async put(recording, file, { read }) {
      await check();
      const bytes = await read();
      const there = files.get(`${recording}/${file}`);
      if (there && !there.equals(bytes)) throw new StoreConflict('other content');
      files.set(`${recording}/${file}`, Buffer.from(bytes));
    },
    async get(recording, file) {
      await check();
      const bytes = files.get(`${recording}/${file}`);
      return bytes && Readable.from([bytes]);
    },
    close() {},
  };
  return store;
}
