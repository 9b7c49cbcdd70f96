import type { Frame } from '../format/frame.ts';
import { parsePartFileName, type PartFileKind } from '../format/names.ts';
import { digestOf } from './digest-of.ts';
import { openPart } from './open-part.ts';

/** The files of a part, as the trail has them. */
export type ListedPart = { part: number; files: { name: string; bytes: number; sha256: string }[] };

/**
 * What is wrong with a part: it is `missing`, its bytes are `altered`, it is another one than the trail says (`swapped`),
 * or it is `unreadable`, because no identity opens it or nothing in it is as it should be.
 */
export class RecordingFault extends Error {
  override readonly name = 'RecordingFault';
  readonly kind: 'missing' | 'altered' | 'swapped' | 'unreadable';
  readonly part: number;

  constructor(kind: RecordingFault['kind'], part: number, message: string) {
    super(`part ${part}: ${message}`);
    this.kind = kind;
    this.part = part;
  }
}

export type ReadOptions = {
  recording: string;
  parts: readonly ListedPart[];
  /** Returns a file, or undefined if it is not there. */
  fetch: (name: string) => Promise<Uint8Array | undefined>;
  identities: readonly string[];
  /** Is told of faults, after which the next part is read. Without it, a fault is thrown. */
  onFault?: (fault: RecordingFault) => void;
};

async function readPart(options: ReadOptions, listed: ListedPart, before: ListedPart | undefined): Promise<Frame[]> {
  const { part } = listed;
  const files: Partial<Record<PartFileKind, Uint8Array>> = {};
  for (const { name, sha256 } of listed.files) {
    const parsed = parsePartFileName(name);
    if (parsed?.part !== part) throw new RecordingFault('swapped', part, `${name} is not one of its files`);
    const bytes = await options.fetch(name);
    if (!bytes) throw new RecordingFault('missing', part, `${name} is not in the store`);
    if ((await digestOf(bytes)) !== sha256)
      throw new RecordingFault('altered', part, `${name} has another digest than in the audit trail`);
    files[parsed.kind] = bytes;
  }
  const { frames, isCut } = await openPart(files, options.identities).catch((error: unknown) => {
    throw new RecordingFault('unreadable', part, (error as Error).message);
  });
  const first = frames[0];
  // Nothing had been written yet.
  if (!first && isCut) return [];
  const previous = before?.files.find(({ name }) => name.endsWith('.age') && !name.endsWith('.key.age'))?.sha256;
  if (first?.type !== 'part') throw new RecordingFault('unreadable', part, 'it has no head');
  if (first.recording !== options.recording || first.part !== part)
    throw new RecordingFault('swapped', part, `it is part ${first.part} of the recording ${first.recording}`);
  if (before && first.previous !== previous)
    throw new RecordingFault('swapped', part, 'it does not follow the part before');
  return frames;
}

/** Reads the frames of a recording, in order. Checks each file and the order of the parts. */
export async function* readRecording(options: ReadOptions): AsyncGenerator<Frame> {
  const report = (error: unknown): void => {
    if (!options.onFault || !(error instanceof RecordingFault)) throw error;
    options.onFault(error);
  };
  let before: ListedPart | undefined;
  for (const listed of options.parts) {
    const next = (before?.part ?? 0) + 1;
    if (listed.part < next) report(new RecordingFault('swapped', listed.part, `it comes after part ${next - 1}`));
    if (listed.part > next) report(new RecordingFault('missing', next, 'it is not in the audit trail'));
    let frames: Frame[] = [];
    try {
      frames = await readPart(options, listed, listed.part === next ? before : undefined);
    } catch (error) {
      report(error);
    }
    yield* frames;
    before = listed;
  }
}
