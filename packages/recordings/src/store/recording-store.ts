import type { Readable } from 'node:stream';

/** A file that is to be stored, on the disk of this machine. Nothing is written to it any more. */
export type SourceFile = {
  path: string;
  sha256: string;
  /** Reads it. The bytes may be used until it is stored. */
  read(): Promise<Buffer>;
};

/** Where recordings are kept: a directory or a bucket. */
export type RecordingStore = {
  /**
   * Stores a file, which is never replaced. Resolves if the same is there already. Throws `StoreConflict` if something
   * else is, and any other error if it should be tried again.
   */
  put(recording: string, file: string, source: SourceFile): Promise<void>;
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
