import type { Readable } from 'node:stream';

/** Where recordings are kept: a directory or a bucket. */
export type RecordingStore = {
  /**
   * Stores a file, which is never replaced. Resolves if the same is there already. Throws `StoreConflict` if something
   * else is, and any other error if it should be tried again. The bytes are the caller's again once it resolves.
   */
  put(recording: string, file: string, bytes: Buffer, sha256: string): Promise<void>;
  /** Returns a file, or undefined if it is not there. */
  get(recording: string, file: string): Promise<Readable | undefined>;
  /** Throws if the store cannot be reached. */
  check(): Promise<void>;
  close(): void;
};

/** A file of this name with other content is in the store. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict';
}
