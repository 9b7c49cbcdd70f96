import type { Files } from '@sallyport/spool';
import { PartFiles } from '../disk/part-files.ts';
import { describeFailure, type RecordingUnavailable } from '../disk/recording-unavailable.ts';
import type { Share } from '../disk/space.ts';
import {
  frameHeaderBytes,
  streamNames,
  writeFrameHeader,
  type FrameType,
  type PartHead,
  type RecordingHead,
  type StreamName,
} from '../format/frame.ts';
import { partFileName } from '../format/names.ts';
import { chunkBytes } from '../format/part-layout.ts';
import type { AgeRecipient } from '../seal/age-recipient.ts';
import type { BlockPool } from './block-pool.ts';
import { publishCut } from './publish-cut.ts';
import type { PublishedRecording } from './published-recording.ts';
import type { RecorderOptions, RecordingWriter, WriterHooks } from './recorder.ts';
import { SealedPart } from './sealed-part.ts';
import { within } from './waits.ts';

/** A part is closed after this time. */
const partMs = 5000;
/** So often a recording shows that it still runs. */
const signOfLifeMs = 4 * 60_000;
/** How long the rest waits for more, which may fill a chunk. */
const restMs = 2;
const stallMs = 4000;
/** A frame has at most this much. */
const frameBytes = 64 * 1024;

/** The room that a part needs beside its whole chunks: headers, the last chunk, and a tail of small records. */
export const partReserve = 192 * 1024 + 16 * 1024;

export type SessionWriterDeps = {
  files: Files;
  dir: string;
  recipients: readonly AgeRecipient[];
  head: RecordingHead;
  hooks: WriterHooks;
  share: Share;
  /** How much a part has. */
  partBytes: number;
  pool: BlockPool;
  published: PublishedRecording;
  logger: RecorderOptions['logger'];
  /** Aborted when the recorder is closed. */
  stopped: AbortSignal;
};

type WrittenPart = {
  sealed: SealedPart;
  files: PartFiles;
  /** Where it begins in the recording. */
  start: number;
  /** Whether there is room for it. */
  isReserved: boolean;
  /** The room that it has. */
  room: number;
};

/**
 * Writes the frames of one session. Frames are sealed at once, in memory, and one loop writes what is sealed: whole chunks
 * first, then, when no more has come for a moment, the rest into the tail.
 */
export class SessionWriter implements RecordingWriter {
  readonly #deps: SessionWriterDeps;
  readonly #startedAt = performance.now();
  readonly #chunk = Buffer.allocUnsafeSlow(chunkBytes);
  readonly #header = Buffer.allocUnsafeSlow(frameHeaderBytes);
  readonly #bytes = Object.fromEntries(streamNames.map((name) => [name, 0])) as Record<StreamName, number>;
  readonly #done = Promise.withResolvers<void>();
  /** The parts that are not written completely. Frames go to the last one, if it is not closed. */
  readonly #parts: WrittenPart[] = [];
  /** The parts that are not closed on the disk. */
  readonly #open = new Set<WrittenPart>();
  #partCount = 0;
  #previous: string | undefined;
  #offset = 0;
  #written = 0;
  #hasBegun = false;
  /** True when no more frames come. */
  #isOver = false;
  #failure: RecordingUnavailable | undefined;
  #isRunning = false;
  /** Whether something has come since the loop looked. */
  #hasMore = false;
  #isRestDue = false;
  #soon: NodeJS.Immediate | undefined;
  #restTimer: NodeJS.Timeout | undefined;
  #partTimer: NodeJS.Timeout | undefined;
  #lifeTimer: NodeJS.Timeout | undefined;
  /** The file operation that runs, which a stall does not end, and the closing of parts. */
  #work: Promise<unknown> = Promise.resolve();
  #settled: Promise<void> = Promise.resolve();

  constructor(deps: SessionWriterDeps) {
    this.#deps = deps;
    this.#done.promise.catch(() => undefined);
  }

  get written(): number {
    return this.#written;
  }

  get waiting(): number {
    return this.#offset - this.#written;
  }

  /** Resolves when everything that is published of the recording is published. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** Writes the head, or throws and leaves the files to the caller. The caller has taken room for a part. */
  async begin(): Promise<void> {
    this.#check();
    this.#current(true);
    this.#isRestDue = true;
    await this.#run();
    this.#check();
    this.#hasBegun = true;
  }

  /** Gives up a recording that has not begun. */
  abandon(error: Error): void {
    this.#fail(error);
  }

  /** Resolves when nothing is done with files any more. Gives back the room of what is not published. */
  async settle(): Promise<void> {
    const { share } = this.#deps;
    await this.#work.catch(() => undefined);
    await this.#settled;
    for (const part of this.#open) {
      await part.files.close().catch(() => undefined);
      share.give(part.room);
    }
    this.#open.clear();
    if (this.#partCount === 0) share.give(partReserve);
  }

  data(stream: StreamName, bytes: Uint8Array): number {
    for (let from = 0; from < bytes.length && !this.#isOver; from += frameBytes) {
      const piece = bytes.subarray(from, from + frameBytes);
      this.#bytes[stream] += piece.length;
      this.#frame('data', piece, stream);
    }
    return this.#offset;
  }

  resize(columns: number, rows: number): number {
    const size = Buffer.alloc(4);
    size.writeUInt16BE(columns & 0xffff, 0);
    size.writeUInt16BE(rows & 0xffff, 2);
    if (!this.#isOver) this.#frame('resize', size);
    return this.#offset;
  }

  finish(how: { exitCode?: number; reason?: string }): Promise<void> {
    if (this.#isOver) return this.#done.promise;
    const totals = Buffer.from(JSON.stringify({ bytes: this.#bytes, ...how }));
    // There is always room for the end.
    this.#add(this.#current(true), 'end', totals);
    this.#stop();
    void this.#run();
    return this.#done.promise;
  }

  #check(): void {
    if (this.#failure) throw this.#failure;
  }

  #frame(type: 'data' | 'resize' | 'idle', payload: Uint8Array, stream?: StreamName): void {
    const part = this.#current(false);
    this.#add(part, type, payload, stream);
    if (part.sealed.length >= this.#deps.partBytes) this.#close();
    if (part.sealed.hasSealed) this.#runSoon();
    else this.#awaitRest();
  }

  /** Lets what was read together be written together. */
  #runSoon(): void {
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      void this.#run();
    });
  }

  #awaitRest(): void {
    this.#restTimer ??= setTimeout(() => {
      [this.#restTimer, this.#isRestDue] = [undefined, true];
      void this.#run();
    }, restMs);
  }

  #add({ sealed }: WrittenPart, type: FrameType, payload: Uint8Array, stream?: StreamName): void {
    const time = Math.round((performance.now() - this.#startedAt) * 1000);
    const isLast = type === 'close' || type === 'end';
    writeFrameHeader(this.#header, 0, { type, stream, time, length: payload.length });
    sealed.add(this.#header, isLast && payload.length === 0);
    sealed.add(payload, isLast && payload.length > 0);
    this.#offset += frameHeaderBytes + payload.length;
  }

  /** Returns the part that frames go to, which begins if there is none. `isReserved`: the room needs no asking. */
  #current(isReserved: boolean): WrittenPart {
    const open = this.#parts.at(-1);
    if (open && open.sealed.sha256 === undefined) return open;
    const { files, dir, recipients, head, share, pool } = this.#deps;
    const number = (this.#partCount += 1);
    const part: WrittenPart = {
      sealed: new SealedPart(number, recipients, this.#chunk, pool),
      files: new PartFiles(files, dir, head.id, number),
      start: this.#offset,
      isReserved,
      room: isReserved ? partReserve : 0,
    };
    if (isReserved && number > 1) share.force(partReserve);
    this.#parts.push(part);
    this.#open.add(part);
    const first: PartHead = {
      format: 1,
      recording: head.id,
      part: number,
      previous: this.#previous,
      head: number === 1 ? head : undefined,
    };
    this.#add(part, 'part', Buffer.from(JSON.stringify(first)));
    this.#partTimer = setTimeout(() => this.#close(), partMs);
    clearTimeout(this.#lifeTimer);
    return part;
  }

  /** Closes the part that frames go to. The next frame begins another. */
  #close(): void {
    const part = this.#parts.at(-1)!;
    this.#add(part, 'close', Buffer.alloc(0));
    this.#previous = part.sealed.sha256;
    clearTimeout(this.#partTimer);
    this.#lifeTimer = setTimeout(() => this.#frame('idle', Buffer.alloc(0)), signOfLifeMs);
    void this.#run();
  }

  async #run(): Promise<void> {
    this.#hasMore = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#hasMore) {
        this.#hasMore = false;
        while (!this.#failure && (await this.#step()));
      }
    } catch (error) {
      this.#fail(error as Error);
    }
    this.#isRunning = false;
    if (this.#isOver && !this.#failure) this.#end();
  }

  /** Writes what is next. Returns false if nothing is. */
  async #step(): Promise<boolean> {
    const part = this.#parts[0];
    if (!part) return false;
    const { sealed, files, start } = part;
    if (sealed.hasSealed) {
      const block = sealed.takeBlock();
      await this.#takeRoom(part, block.used);
      await this.#timely(files.writeSealed(block.memory.subarray(0, block.used)));
      this.#deps.pool.give(block);
      this.#note(start + block.end);
      return true;
    }
    if (sealed.sha256 !== undefined) {
      this.#parts.shift();
      const closing = this.#settled.then(() => this.#publish(part));
      this.#settled = closing.catch((error: unknown) => this.#fail(error as Error));
      within(closing, stallMs).catch((error: unknown) => this.#fail(error as Error));
      return true;
    }
    const isDue = this.#isRestDue && sealed.hasRest;
    this.#isRestDue = false;
    if (isDue) {
      const { bytes, keyFile, end } = sealed.takeTail();
      await this.#timely(files.writeTail(bytes, keyFile));
      this.#note(start + end);
    } else if (sealed.hasRest) this.#awaitRest();
    return isDue;
  }

  async #takeRoom(part: WrittenPart, bytes: number): Promise<void> {
    if (!part.isReserved) await this.#waitForRoom(part, partReserve);
    part.isReserved = true;
    if (part.sealed.sha256 === undefined) return this.#waitForRoom(part, bytes);
    // The reserve is for what closes the part, which must not wait.
    this.#deps.share.force(bytes);
    part.room += bytes;
  }

  async #waitForRoom(part: WrittenPart, bytes: number): Promise<void> {
    const { share } = this.#deps;
    await share.take(bytes);
    part.room += bytes;
    if (!this.#failure) return;
    // It failed meanwhile, and its room has been given back already.
    share.give(bytes);
    throw this.#failure;
  }

  /** Runs file operations, which fail the recording if they take too long. */
  async #timely(work: Promise<void>): Promise<void> {
    this.#work = work;
    await within(work, stallMs);
  }

  #note(written: number): void {
    if (written <= this.#written) return;
    this.#written = written;
    this.#deps.hooks.written(written);
  }

  async #publish(part: WrittenPart): Promise<void> {
    const { sealed, files } = part;
    if (this.#failure) return;
    await files.finish();
    this.#open.delete(part);
    this.#deps.share.give(part.room - sealed.fileBytes);
    const file = { name: partFileName(sealed.number, 'age'), bytes: sealed.fileBytes, sha256: sealed.sha256! };
    this.#deps.published.add({ part: sealed.number, files: [file] });
  }

  #stop(): void {
    this.#isOver = true;
    clearImmediate(this.#soon);
    for (const timer of [this.#restTimer, this.#partTimer, this.#lifeTimer]) clearTimeout(timer);
  }

  /** Ends a recording of which everything is written. */
  #end(): void {
    const { published } = this.#deps;
    const end = this.#settled.then(async () => {
      // What there is is published as cut then.
      if (this.#failure) return;
      await published.log({ ended: true });
      await published.finish('complete');
      this.#done.resolve();
    });
    end.catch(this.#done.reject);
  }

  #fail(error: Error): void {
    if (this.#failure) return;
    this.#failure = describeFailure(error);
    this.#stop();
    for (const { sealed } of this.#parts) sealed.wipe();
    if (!this.#hasBegun) return;
    this.#deps.hooks.failed(this.#failure);
    this.settle()
      .then(() => publishCut(this.#deps))
      .then(this.#done.resolve, this.#done.reject);
  }
}
