import type { Http1Flow, Http1Handler } from '@sallyport/http1';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { headerOf } from '../headers/clean-response-headers.ts';
import type { AllowedExchange } from '../exchange/exchange.ts';

type HoldDeps = {
  trail: Pick<AuditTrail, 'begun' | 'closed' | 'written'>;
  /** Whether the exchange ended while it waited. Nothing is passed on then. */
  isOver(): boolean;
  /** The response must not be sent. */
  refuse(error: unknown): void;
};

/** How much of a body is gathered until its end. Nearly all responses are shorter, and a longer one costs more than its event. */
const mostGathered = 64 * 1024;

/**
 * Holds a response back until the event of its request is recorded as far as the response needs it. What arrives
 * meanwhile is passed on afterwards, in order. The response to a deferred request is gathered, so that its only event can
 * say how it ended. If it is long, or its end is not near, both events are written. A class, because every plain read has
 * one.
 */
class HeldResponse implements Http1Handler {
  readonly #handler: Http1Handler;
  readonly #exchange: AllowedExchange;
  readonly #deps: HoldDeps;
  #flow: Http1Flow | undefined;
  #held: (() => void)[] | undefined;
  /** The body so far, while it is gathered. */
  #gathered: { status: number; bytes: number } | undefined;

  constructor(handler: Http1Handler, exchange: AllowedExchange, deps: HoldDeps) {
    this.#handler = handler;
    this.#exchange = exchange;
    this.#deps = deps;
  }

  onStart(flow: Http1Flow): void {
    this.#flow = flow;
    this.#handler.onStart(flow);
  }

  onHead(status: number, lines: string[]): void {
    this.#held = [() => this.#handler.onHead(status, lines)];
    if (this.#exchange.audited !== 'deferred') return this.#releaseWhenWritten();
    this.#gathered = { status, bytes: 0 };
    this.#exchange.heldResponse = this;
    if (Number(headerOf(lines, 'content-length') ?? 0) > mostGathered) this.#deps.trail.begun(this.#exchange);
  }

  onData(chunk: Buffer): void {
    if (!this.#held) return this.#handler.onData(chunk);
    this.#held.push(() => this.#handler.onData(chunk));
    if (!this.#gathered) return;
    this.#gathered.bytes += chunk.length;
    if (this.#gathered.bytes > mostGathered) this.#deps.trail.begun(this.#exchange);
  }

  onEnd(trailers: readonly string[]): void {
    if (!this.#held) return this.#handler.onEnd(trailers);
    this.#held.push(() => this.#handler.onEnd(trailers));
    if (!this.#gathered) return;
    const [exchange, { status, bytes }] = [this.#exchange, this.#gathered];
    [exchange.statusCode, exchange.bytesOut] = [status, bytes];
    this.#deps.trail.closed(exchange);
    exchange.bytesOut = 0; // counted again as they are passed on
    this.release();
  }

  onError(error: Error, unanswered: boolean): void {
    if (this.#gathered) {
      // The client has nothing of this response, and gets a refusal or another try.
      this.#held = this.#gathered = this.#exchange.heldResponse = undefined;
    }
    if (this.#held) this.#held.push(() => this.#handler.onError(error, unanswered));
    else this.#handler.onError(error, unanswered);
  }

  /** Passes on what is gathered, as soon as its event is recorded, and gathers no more. */
  release(): void {
    this.#gathered = this.#exchange.heldResponse = undefined;
    this.#releaseWhenWritten();
  }

  #releaseWhenWritten(): void {
    const waiting = this.#deps.trail.written?.(this.#exchange);
    if (!waiting) return this.#passOn();
    this.#flow!.pause();
    waiting.then(
      () => {
        // Before the calls, because they may pause it again.
        this.#flow!.resume();
        this.#passOn();
      },
      (error: unknown) => {
        if (!this.#deps.isOver()) this.#deps.refuse(error);
      },
    );
  }

  #passOn(): void {
    const calls = this.#held!;
    this.#held = undefined;
    if (!this.#deps.isOver()) for (const call of calls) call();
  }
}

/** Returns the handler that passes a response on when the event of its request is recorded. */
export const holdResponse = (handler: Http1Handler, exchange: AllowedExchange, deps: HoldDeps): Http1Handler =>
  new HeldResponse(handler, exchange, deps);
