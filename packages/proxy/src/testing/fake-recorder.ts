import type { Recorder, RecordingHead, RecordingWriter, WriterHooks } from '@sallyport/recordings';

type Recorded = [stream: string, text: string] | [stream: 'resize', columns: number, rows: number];

/** What was recorded of one session. */
export type FakeRecording = {
  head: RecordingHead;
  note: unknown;
  /** What is in the file: pieces of one stream in a row as one, as latin1. */
  file: Recorded[];
  finished: { exitCode?: number; reason?: string } | undefined;
  hooks: WriterHooks;
};

export type FakeRecorder = Recorder & {
  recordings: FakeRecording[];
  /** Fails the next `begin`. */
  refusal: Error | undefined;
  /** While it is true, nothing is written. */
  isStalled: boolean;
  /** The most bytes that ever waited. */
  mostWaiting: number;
  write(): void;
};

function add(file: Recorded[], one: Recorded): void {
  const last = file.at(-1);
  if (one.length === 2 && last?.length === 2 && last[0] === one[0]) last[1] += one[1];
  else file.push(one);
}

/** Creates a recorder in memory. Bytes are in the file after the current turn of the event loop, unless it is stalled. */
export function createFakeRecorder({ keeps = true } = {}): FakeRecorder {
  const writes: (() => void)[] = [];
  const begin = (head: RecordingHead, note: unknown, hooks: WriterHooks): RecordingWriter => {
    const recording: FakeRecording = { head, note, file: [], finished: undefined, hooks };
    recorder.recordings.push(recording);
    let offset = 0;
    let written = 0;
    let waiting: Recorded[] = [];
    let isScheduled = false;
    const write = () => {
      isScheduled = false;
      if (recorder.isStalled) return;
      if (keeps) for (const one of waiting) add(recording.file, one);
      waiting = [];
      written = offset;
      hooks.written(offset);
    };
    writes.push(write);
    const take = (one: Recorded, length: number) => {
      if (keeps) waiting.push(one);
      offset += length;
      recorder.mostWaiting = Math.max(recorder.mostWaiting, offset - written);
      if (!isScheduled) setImmediate(write);
      isScheduled = true;
      return offset;
    };
    return {
      data: (stream, bytes) => take([stream, keeps ? Buffer.from(bytes).toString('latin1') : ''], bytes.length),
      resize: (columns, rows) => take(['resize', columns, rows], 20),
      get written() {
        return written;
      },
      get waiting() {
        return offset - written;
      },
      async finish(how) {
        write();
        recording.finished = how;
      },
    };
  };
  const recorder: FakeRecorder = {
    recordings: [],
    refusal: undefined,
    isStalled: false,
    mostWaiting: 0,
    async begin(head, note, hooks) {
      if (recorder.refusal) throw recorder.refusal;
      return begin(head, note, hooks);
    },
    write() {
      for (const one of writes) one();
    },
    status: () => ({ open: 0, diskBytes: 0, waitingBytes: 0, oldestWaitingMs: 0 }),
    close: async () => {},
  };
  return recorder;
}
