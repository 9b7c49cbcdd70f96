import { frameHeaderBytes, writeFrameHeader, type StreamName } from '../format/frame.ts';

/** How much of the latest output is kept for those who watch, and how much of it they get at once, in bytes. */
const maxKept = 512 * 1024;
const maxBatch = 256 * 1024;
/** The most bytes in one frame. */
const maxFrame = 64 * 1024;
/** What keeping a frame costs in addition to its bytes. */
const frameCost = 128;
const maxWatchers = 4;
/** A watcher who has not asked for so long is gone. */
const watcherLifeMs = 10_000;

/** Frames that came after a position, and the position after them. `lost`: bytes that were dropped before them. */
export type LiveBatch = { frames: Buffer; next: number; lost: number; isOver: boolean };

/** A frame, between two positions: bytes of the session so far, of which a resize counts four. */
type Kept = { from: number; to: number; frame: Buffer };

/**
 * Keeps the latest output of a running session for those who watch it. It never makes the session wait: a watcher who is
 * too slow loses the oldest output. Without a watcher nothing is kept.
 */
export class LiveTap {
  readonly #clock: () => number;
  readonly #start: number;
  readonly #watchers = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #kept: Kept[] = [];
  #cost = 0;
  #position = 0;
  #window: Buffer | undefined;
  #isOver = false;

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#start = clock();
  }

  /** Reports whether anyone watches. Forgets those who are gone, and what was kept for them. */
  isWatched(): boolean {
    const now = this.#clock();
    for (const [watcher, asked] of this.#watchers) if (now - asked > watcherLifeMs) this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return true;
    this.#kept = [];
    this.#cost = 0;
    return false;
  }

  data(stream: StreamName, bytes: Uint8Array): void {
    const isKept = this.#watchers.size > 0 && this.isWatched();
    for (let at = 0; at < bytes.length; at += maxFrame) {
      const part = bytes.subarray(at, at + maxFrame);
      this.#add(part.length, isKept ? this.#frame('data', part, stream) : undefined);
    }
  }

  resize(columns: number, rows: number): void {
    const size = Buffer.alloc(4);
    size.writeUInt16BE(columns, 0);
    size.writeUInt16BE(rows, 2);
    this.#window = this.#frame('resize', size);
    this.#add(size.length, this.isWatched() ? this.#window : undefined);
  }

  /** The session is over, or not recorded any more. */
  close(): void {
    this.#isOver = true;
    this.#wake();
  }

  /**
   * Returns what came after a position, and waits for it if need be. Without a position it begins here, with the size of
   * the window. Undefined if too many others watch.
   */
  async read(watcher: string, after: number | undefined, waitMs: number): Promise<LiveBatch | undefined> {
    if (this.isWatched() && !this.#watchers.has(watcher) && this.#watchers.size >= maxWatchers) return undefined;
    this.#watchers.set(watcher, this.#clock());
    if (after !== undefined && after >= this.#position && !this.#isOver) await this.#more(waitMs);
    return this.#batch(after);
  }

  #batch(after: number | undefined): LiveBatch {
    const wanted = after ?? this.#position;
    const first = this.#kept.find(({ from }) => from >= wanted)?.from ?? this.#position;
    const lost = Math.max(0, first - wanted);
    const needsWindow = (after === undefined || lost > 0) && this.#window !== undefined;
    const frames = needsWindow ? [this.#window!] : [];
    let next = Math.max(wanted, first);
    let size = 0;
    for (const { from, to, frame } of this.#kept) {
      if (from < wanted) continue;
      if (size > 0 && size + frame.length > maxBatch) break;
      frames.push(frame);
      size += frame.length;
      next = to;
    }
    return { frames: Buffer.concat(frames), next, lost, isOver: this.#isOver && next >= this.#position };
  }

  #frame(type: 'data' | 'resize', bytes: Uint8Array, stream?: StreamName): Buffer {
    const frame = Buffer.allocUnsafe(frameHeaderBytes + bytes.length);
    const time = Math.floor((this.#clock() - this.#start) * 1000);
    writeFrameHeader(frame, 0, { type, ...(stream === undefined ? {} : { stream }), time, length: bytes.length });
    frame.set(bytes, frameHeaderBytes);
    return frame;
  }

  #add(length: number, frame: Buffer | undefined): void {
    const from = this.#position;
    this.#position += length;
    if (!frame) return;
    this.#kept.push({ from, to: this.#position, frame });
    this.#cost += frame.length + frameCost;
    while (this.#cost > maxKept) this.#cost -= this.#kept.shift()!.frame.length + frameCost;
    this.#wake();
  }

  #more(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      this.#waiting.add(done);
    });
  }

  #wake(): void {
    for (const done of this.#waiting) done();
  }
}
