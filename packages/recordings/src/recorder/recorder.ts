import type { RecordingHead, StreamName } from '../format/frame.ts';
import type { RecordingStore } from '../store/recording-store.ts';
import type { ClosedPart, FinishedRecording } from '../disk/recording-log.ts';

/** A recording as the caller described it: `note` is what it gave to `begin`, perhaps in a process before this one. */
export type NotedRecording = { id: string; note: unknown };

export type RecorderOptions = {
  /** The directory, which this process has for itself. */
  dir: string;
  maxBytes: number;
  /** The public keys of those who can open what is recorded. */
  recipients: readonly string[];
  store: RecordingStore;
  /**
   * Makes known what is on the disk. Each resolves when that is safe, and is called again if it rejects. A part is
   * uploaded only afterwards. After a kill the call may be repeated with the same content.
   */
  publish: {
    part(recording: NotedRecording, part: ClosedPart): Promise<void>;
    finished(recording: NotedRecording, finished: FinishedRecording): Promise<void>;
  };
  logger: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>;
  /** The time of day, in milliseconds. */
  now: () => number;
};

export type WriterHooks = {
  /** Everything up to this offset is in the file: the client may have it. */
  written(offset: number): void;
  /** The disk failed, is full, or took longer than 4 s. Called once. Nothing more is recorded. */
  failed(error: Error): void;
};

/** Records one session. Nothing here waits for the disk, except `finish`. After `failed` and `finish` nothing happens. */
export type RecordingWriter = {
  /** Records bytes, of which it makes a copy. Returns the offset at which they are written. */
  data(stream: StreamName, bytes: Uint8Array): number;
  resize(columns: number, rows: number): number;
  readonly written: number;
  /** How many bytes wait for the disk. */
  readonly waiting: number;
  /** Ends the recording. Resolves when its end is published: as complete, or as cut if it has failed. */
  finish(how: { exitCode?: number; reason?: string }): Promise<void>;
};

export type RecorderStatus = {
  open: number;
  diskBytes: number;
  /** The bytes of closed parts that are not in the store yet. */
  waitingBytes: number;
  /** How long the first of them has waited. */
  oldestWaitingMs: number;
};

/** Records sessions on the disk of the gateway, and moves what is recorded to the store. */
export type Recorder = {
  /** Begins a recording. Throws `RecordingUnavailable` if there is no room or the disk does not take it within 4 s. */
  begin(head: RecordingHead, note: unknown, hooks: WriterHooks): Promise<RecordingWriter>;
  status(): RecorderStatus;
  /** Gives uploads this long, then lets go of the directory. All recordings must be finished. */
  close(withinMs: number): Promise<void>;
};
