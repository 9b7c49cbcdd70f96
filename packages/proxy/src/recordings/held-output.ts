import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Outlet } from '../exchange/session-recording.ts';

/** How much may wait for the disk before the other side is no longer read, in bytes and in pieces. */
const maxWaiting = 1024 * 1024;
const maxPieces = 1024;
/** How much of a frame is held until the rest of it is there. */
const maxFrameHeld = 65_536;

/** Bytes, the offset at which they are recorded, and whether they end inside a frame. */
type Piece = { bytes: Buffer; at: number; insideFrame: boolean };

type HeldOutputDeps = {
  /** The offset in the recording at which everything that was read so far is written. */
  offset(): number;
  /** Up to where the recording is written. */
  written(): number;
  /** How many of the latest bytes begin a frame that is not whole yet. */
  sinceBoundary(): number;
  /** Whether what was read so far could be read. */
  isReadable(): boolean;
};

/**
 * Holds what goes to one side of a tunnel until it is recorded. It passes on whole frames, so that the tunnel can be
 * ended readably whatever is still held. A frame that is too long for this is passed on in pieces.
 */
export class HeldOutput extends EventEmitter implements Outlet {
  readonly #target: Duplex;
  readonly #deps: HeldOutputDeps;
  #pieces: Piece[] = [];
  #waiting = 0;
  /** The beginning of a frame. */
  #rest: Buffer[] = [];
  #restLength = 0;
  /** Whether the last piece that was passed on ended inside a frame. */
  #insideFrame = false;
  #mode: 'held' | 'released' | 'discarding' = 'held';
  #isFull = false;
  #end: { last: Buffer | undefined } | undefined;

  constructor(target: Duplex, deps: HeldOutputDeps) {
    super();
    this.#target = target;
    this.#deps = deps;
    target.on('drain', () => this.#makeRoom());
  }

  get destroyed(): boolean {
    return this.#target.destroyed;
  }

  destroy(): void {
    this.#target.destroy();
  }

  /** Takes bytes that were just read. Returns false if there should be no more until `drain`. */
  write(bytes: Buffer): boolean {
    if (this.#end || this.#mode === 'discarding') return true;
    if (this.#mode === 'released') {
      this.#isFull = !this.#target.write(bytes);
      return !this.#isFull;
    }
    // Also while the tunnel is being ended for another reason.
    if (!this.#deps.isReadable()) return true;
    const begun = Math.min(this.#deps.sinceBoundary(), bytes.length);
    const isBoundary = begun < bytes.length;
    if (isBoundary) this.#push([...this.#takeRest(), bytes.subarray(0, bytes.length - begun)], false);
    if (begun > 0) {
      this.#rest.push(isBoundary ? bytes.subarray(bytes.length - begun) : bytes);
      this.#restLength += begun;
      if (this.#restLength > maxFrameHeld) this.#push(this.#takeRest(), true);
    }
    this.recorded();
    this.#isFull = !this.#hasRoom();
    return !this.#isFull;
  }

  /** Passes on what is recorded by now. */
  recorded(): void {
    const written = this.#deps.written();
    let count = 0;
    while (count < this.#pieces.length && this.#pieces[count]!.at <= written) count += 1;
    if (count > 0) this.#passOn(this.#pieces.splice(0, count));
    if (this.#pieces.length === 0) this.#finish();
    this.#makeRoom();
  }

  /** Passes on everything, now and from now on. */
  release(): void {
    if (this.#mode !== 'held') return;
    this.#push(this.#takeRest(), true);
    this.#mode = 'released';
    this.#passOn(this.#pieces.splice(0));
    this.#finish();
    this.#makeRoom();
  }

  /** Drops what is not recorded, now and from now on. Only the last words of `end` are still passed on. */
  discard(): void {
    if (this.#mode !== 'held') return;
    this.#mode = 'discarding';
    this.#takeRest();
    this.#pieces = [];
    this.#waiting = 0;
    this.#finish();
    this.#makeRoom();
  }

  /** Ends the output after what is held. The last words are left out if they would be inside a frame. */
  end(last?: Buffer): void {
    if (this.#end) return;
    this.#end = { last };
    if (this.#pieces.length === 0) this.#finish();
  }

  /** Adds bytes that are passed on together. */
  #push(all: readonly Buffer[], insideFrame: boolean): void {
    const at = this.#deps.offset();
    for (const bytes of all) {
      this.#pieces.push({ bytes, at, insideFrame });
      this.#waiting += bytes.length;
    }
  }

  #takeRest(): Buffer[] {
    const rest = this.#rest;
    this.#rest = [];
    this.#restLength = 0;
    return rest;
  }

  #passOn(pieces: readonly Piece[]): void {
    this.#target.cork();
    for (const { bytes, insideFrame } of pieces) {
      this.#waiting -= bytes.length;
      this.#insideFrame = insideFrame;
      if (!this.#target.destroyed) this.#target.write(bytes);
    }
    this.#target.uncork();
  }

  #finish(): void {
    if (!this.#end || this.#target.destroyed || this.#target.writableEnded) return;
    const { last } = this.#end;
    if (last && !this.#insideFrame) this.#target.end(last);
    else this.#target.end();
  }

  #hasRoom(): boolean {
    return this.#waiting <= maxWaiting && this.#pieces.length <= maxPieces && !this.#target.writableNeedDrain;
  }

  #makeRoom(): void {
    if (!this.#isFull || !this.#hasRoom()) return;
    this.#isFull = false;
    this.emit('drain');
  }
}
