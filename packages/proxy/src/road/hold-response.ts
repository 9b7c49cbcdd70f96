import type { Http1Flow, Http1Handler } from '@sallyport/http1';

type HoldDeps = {
  /** What the head of the response must wait for, or undefined if it need not wait. */
  written(): Promise<void> | undefined;
  /** Whether the exchange ended while it waited. Nothing is passed on then. */
  isOver(): boolean;
  /** The response must not be sent. */
  refuse(error: unknown): void;
};

/**
 * Holds a response back until the event of its request is in the spool. What arrives meanwhile is passed on afterwards,
 * in order. That is no more than was read at once, because the connection is paused.
 */
export function holdResponse(handler: Http1Handler, { written, isOver, refuse }: HoldDeps): Http1Handler {
  let flow: Http1Flow | undefined;
  let held: (() => void)[] | undefined;
  const release = () => {
    const calls = held!;
    held = undefined;
    if (isOver()) return;
    // Before the calls, because they may pause it again.
    flow!.resume();
    for (const call of calls) call();
  };
  return {
    onStart(own) {
      flow = own;
      handler.onStart(own);
    },
    onHead(status, lines) {
      const waiting = written();
      if (!waiting) return handler.onHead(status, lines);
      held = [() => handler.onHead(status, lines)];
      flow!.pause();
      waiting.then(release, (error: unknown) => {
        if (!isOver()) refuse(error);
      });
    },
    onData(chunk) {
      if (held) held.push(() => handler.onData(chunk));
      else handler.onData(chunk);
    },
    onEnd(trailers) {
      if (held) held.push(() => handler.onEnd(trailers));
      else handler.onEnd(trailers);
    },
    onError(error, unanswered) {
      if (held) held.push(() => handler.onError(error, unanswered));
      else handler.onError(error, unanswered);
    },
  };
}
