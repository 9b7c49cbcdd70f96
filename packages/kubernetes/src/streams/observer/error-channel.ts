import type { ExitStatus } from './stream-observer.ts';
import type { ByteView } from './byte-view.ts';
import { readExitStatus } from './read-exit-status.ts';

/** Bytes that are kept of what the server says on error channels. */
export const maxErrorBytes = 65_536;

type Reading = { exitCode?: number; status?: ExitStatus; errorText?: string };

/** Keeps what came on the error channel, the only payload that is kept, up to `maxErrorBytes`. */
export class ErrorChannel {
  #kept = Buffer.alloc(0);
  #length = 0;
  #reading: Reading | undefined;

  /** Nothing has been said on it yet. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Takes the next bytes. */
  push(view: ByteView): void {
    const count = Math.min(view.length, maxErrorBytes - this.#length);
    if (count <= 0) return;
    const needed = this.#length + count;
    if (needed > this.#kept.length) {
      const grown = Buffer.alloc(Math.min(maxErrorBytes, Math.max(needed, 2 * this.#kept.length, 256)));
      this.#kept.copy(grown, 0, 0, this.#length);
      this.#kept = grown;
    }
    view.copyTo(this.#kept, this.#length, 0, count);
    this.#length = needed;
    this.#reading = undefined;
  }

  /** What it says by now: a Status where `asStatus` and it is one, else its text. */
  read(asStatus: boolean): Reading {
    this.#reading ??= this.#interpret(asStatus);
    return this.#reading;
  }

  #interpret(asStatus: boolean): Reading {
    if (this.#length === 0) return {};
    const text = this.#kept.toString('utf8', 0, this.#length);
    return (asStatus ? readExitStatus(text) : undefined) ?? { errorText: text };
  }
}
