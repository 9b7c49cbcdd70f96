import type { RecordDemand } from '@sallyport/contracts';

/** The streams of a session, at the numbers that they have in the frames and in the protocol of WebSocket. */
export const streamNames = ['stdin', 'stdout', 'stderr', 'error'] as const;
export type StreamName = (typeof streamNames)[number];

/** Who did what and when: the first thing in a recording. */
export type RecordingHead = {
  id: string;
  /** The time of the first frame, which the times of all frames are relative to. */
  start: string;
  auditId: string;
  stream?: string;
  kind: 'exec' | 'attach';
  cluster: string;
  namespace: string;
  name: string;
  container?: string;
  command?: string[];
  tty?: boolean;
  user: string;
  sessionId?: string;
  demand: Exclude<RecordDemand, 'off'>;
  /** Whether what the person typed is in the recording. */
  input: boolean;
};

/** What the first frame of a part says. `previous` is the digest of the file of the part before, `head` is in part 1. */
export type PartHead = { format: 1; recording: string; part: number; previous?: string; head?: RecordingHead };

/** What the last frame of a complete recording says. */
export type RecordingTotals = { bytes: Record<StreamName, number>; exitCode?: number; reason?: string };

/** One thing that happened, `time` microseconds after the start. */
export type Frame = { time: number } & (
  | ({ type: 'part' } & PartHead)
  | { type: 'data'; stream: StreamName; bytes: Uint8Array }
  | { type: 'resize'; columns: number; rows: number }
  /** Nothing happened: a sign of life. */
  | { type: 'idle' }
  /** The part ends, and another one follows. */
  | { type: 'close' }
  | { type: 'end'; totals: RecordingTotals }
);

/** The types, at the numbers that they have in a frame. */
export const frameTypes = ['', 'part', 'data', 'resize', 'idle', 'close', 'end'] as const;
export type FrameType = Exclude<(typeof frameTypes)[number], ''>;

/** The bytes before the payload: type, stream, time (6 bytes) and length of the payload (4 bytes), big-endian. */
export const frameHeaderBytes = 12;

/** Writes the header of a frame. There must be room. */
export function writeFrameHeader(
  target: Buffer,
  at: number,
  { type, stream, time, length }: { type: FrameType; stream?: StreamName; time: number; length: number },
): void {
  target[at] = frameTypes.indexOf(type);
  target[at + 1] = stream === undefined ? 0 : streamNames.indexOf(stream);
  target.writeUIntBE(time, at + 2, 6);
  target.writeUInt32BE(length, at + 8);
}
