import type { ByteView } from './byte-view.ts';
import type { ExitStatus } from './stream-observer.ts';

type Cause = { reason?: unknown; message?: unknown };

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/**
 * Reads the Status at the end of exec and attach (protocol version 4 and later) like client-go: Success is exit code 0; a
 * Failure with the reason `NonZeroExitCode` has the code in its cause `ExitCode`. Undefined if it is not a Status.
 */
function readExitStatus(json: string): { exitCode?: number; status: ExitStatus } | undefined {
  let value: Record<string, unknown> | null;
  try {
    value = JSON.parse(json) as Record<string, unknown> | null;
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || (value['status'] !== 'Success' && value['status'] !== 'Failure'))
    return undefined;
  const [reason, message] = [text(value['reason']), text(value['message'])];
  const status: ExitStatus = {
    status: value['status'],
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    ...(typeof value['code'] === 'number' && { code: value['code'] }),
  };
  const exitCode =
    status.status === 'Success' ? 0 : reason === 'NonZeroExitCode' ? exitCodeOf(value['details']) : undefined;
  return { status, ...(exitCode !== undefined && { exitCode }) };
}

function exitCodeOf(details: unknown): number | undefined {
  const causes = (details as { causes?: unknown } | null | undefined)?.causes;
  if (!Array.isArray(causes)) return undefined;
  const cause = (causes as (Cause | null)[]).find((each) => each?.reason === 'ExitCode');
  const digits = text(cause?.message);
  return digits !== undefined && /^\d{1,3}$/.test(digits) && Number(digits) <= 255 ? Number(digits) : undefined;
}

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
