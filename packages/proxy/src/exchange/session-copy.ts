import type { PayloadSink } from '@sallyport/kubernetes';

/** What was copied. Names are as they stand in the archive, so they are not to be trusted. */
export type CopiedFiles = {
  /** The first files, by number and by the length of their paths. */
  files: { path: string; bytes: number; sha256: string }[];
  fileCount: number;
  /** The bytes of all files, also of one that is cut. */
  bytes: number;
  /** The digest of the only file, or that over the digests of all files, in hexadecimal and in order. */
  sha256: string | undefined;
  /** Why the archive could not be read to its end. */
  unread: string | undefined;
};

/** A `kubectl cp`: an exec whose command reads or writes a tar archive. */
export type SessionCopy = {
  direction: 'upload' | 'download';
  /** The path in the container. */
  path: string;
  /** What is given the payload. */
  readonly sink: PayloadSink;
  /** Sums up what was copied. `unreadable`: why the stream could not be read, if so. */
  copied(unreadable: string | undefined): CopiedFiles;
};
