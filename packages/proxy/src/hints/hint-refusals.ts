import type { Http1Flow, Http1Handler } from '@sallyport/http1';
import type { Allowed, ClusterExchange } from '../exchange/exchange.ts';
import { appendToStatus } from './append-to-status.ts';
import type { FindHint } from './find-hint.ts';

/** One attempt to send a request. `settled`: it is over, and nothing more of its response is passed on. */
type Attempt = { readonly settled: boolean };

/** Returns a handler that may add a hint to a refusal, or undefined if this exchange never gets one. */
export type HintRefusals = (
  exchange: Allowed<ClusterExchange>,
  handler: Http1Handler,
  attempt: Attempt,
) => Http1Handler | undefined;

type HintRefusalsDeps = {
  find: FindHint;
  /** Whether anyone could ask for an elevation at all. */
  enabled(): boolean;
};

/** A Status of a refusal is short. Anything longer is passed on as it is. */
const maxBytes = 16 * 1024;
/** With these, the body is not plain JSON, or they are about exactly these bytes. */
const binding = new Set([
  'content-encoding',
  'content-range',
  'content-md5',
  'content-digest',
  'repr-digest',
  'digest',
  'etag',
  'trailer',
]);

/** Reports whether a body is JSON that may be changed. */
function mayChange(lines: readonly string[]): boolean {
  let isJson = false;
  for (let index = 0; index < lines.length; index += 2) {
    const name = lines[index]!.toLowerCase();
    const value = lines[index + 1]!;
    if (binding.has(name) || (name === 'content-length' && Number(value) > maxBytes)) return false;
    if (name !== 'content-type') continue;
    if (isJson || !/^application\/json(?:;\s*charset=utf-8)?$/i.test(value)) return false;
    isJson = true;
  }
  return isJson;
}

/** Returns the lines with the length of another body. */
function withLength(lines: readonly string[], length: number): string[] {
  const others = lines.flatMap((name, index) =>
    index % 2 === 0 && name.toLowerCase() !== 'content-length' ? [name, lines[index + 1]!] : [],
  );
  return [...others, 'Content-Length', String(length)];
}

/**
 * Passes a response on as it arrives, except for a short refusal, which it holds until its end is there and the hint is
 * found. A class, so that a response that is no refusal costs one small object.
 */
class RefusalHandler implements Http1Handler {
  readonly #handler: Http1Handler;
  readonly #exchange: Allowed<ClusterExchange>;
  readonly #attempt: Attempt;
  readonly #find: FindHint;
  #held: { lines: string[]; chunks: Buffer[]; size: number } | undefined;

  constructor(handler: Http1Handler, exchange: Allowed<ClusterExchange>, attempt: Attempt, find: FindHint) {
    this.#handler = handler;
    this.#exchange = exchange;
    this.#attempt = attempt;
    this.#find = find;
  }

  onStart(flow: Http1Flow): void {
    this.#handler.onStart(flow);
  }

  onHead(status: number, lines: string[]): void {
    if (status === 403 && mayChange(lines)) this.#held = { lines, chunks: [], size: 0 };
    else this.#handler.onHead(status, lines);
  }

  onData(chunk: Buffer): void {
    const held = this.#held;
    if (!held) return this.#handler.onData(chunk);
    held.chunks.push(chunk);
    held.size += chunk.length;
    if (held.size > maxBytes) this.#release();
  }

  onEnd(trailers: readonly string[]): void {
    const held = this.#held;
    if (!held || trailers.length > 0) {
      this.#release();
      return this.#handler.onEnd(trailers);
    }
    this.#find(this.#exchange)
      .then((hint) => {
        if (this.#attempt.settled || this.#exchange.response.destroyed) return;
        const body = hint === undefined ? undefined : appendToStatus(Buffer.concat(held.chunks), hint);
        if (body) this.#held = { lines: withLength(held.lines, body.length), chunks: [body], size: body.length };
        this.#release();
        this.#handler.onEnd(trailers);
      })
      .catch((error: unknown) => this.#handler.onError(error as Error, false));
  }

  onError(error: Error, unanswered: boolean): void {
    this.#release();
    this.#handler.onError(error, unanswered);
  }

  /** Passes on what is held. */
  #release(): void {
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    this.#handler.onHead(403, held.lines);
    for (const chunk of held.chunks) this.#handler.onData(chunk);
  }
}

/** Creates the function that adds hints to the refusals of clusters. */
export function createHintRefusals({ find, enabled }: HintRefusalsDeps): HintRefusals {
  return (exchange, handler, attempt) =>
    exchange.asked.longRunning || exchange.request.method === 'HEAD' || !enabled()
      ? undefined
      : new RefusalHandler(handler, exchange, attempt, find);
}
