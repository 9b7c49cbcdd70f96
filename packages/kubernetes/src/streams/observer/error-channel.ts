import type { ExitStatus } from './stream-observer.ts';
import type { ByteView } from './byte-view.ts';
import { readExitStatus } from './read-exit-status.ts';

/** How many bytes of an error channel are kept. */
export const maxErrorBytes = 65_536;

type Reading = { exitCode?: number; status?: ExitStatus; errorText?: string };

/** Keeps up to `maxErrorBytes` of the error channel, the only payload that is kept. */
export class ErrorChannel {
  #kept = Buffer.alloc(0);
  #length = 0;
  #reading: Reading | undefined;

  /** Whether nothing has arrived yet. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Adds the next bytes. */
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

  /** Returns the content so far: a Status if `asStatus` is set and it is one, otherwise its text. */
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
