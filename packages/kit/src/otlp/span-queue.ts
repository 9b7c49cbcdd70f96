import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';

/**
 * What became of a batch. `sent`: the collector has it, and may have refused some of its spans. `later`: it can be sent
 * again. `refused`: the collector will never take it.
 */
export type Delivery =
  | { outcome: 'sent'; refused: number; why?: string }
  | { outcome: 'later'; why: string; afterMs?: number }
  | { outcome: 'refused'; why: string };

/** Why a span was not delivered. `full`: too many waited. `stopped`: the service ended before it was sent. */
export type DropReason = 'full' | 'refused' | 'stopped';

type SpanQueueDeps = {
  send(batch: readonly ReadableSpan[]): Promise<Delivery>;
  sent(count: number): void;
  dropped(count: number, reason: DropReason): void;
  /** Called for every failure. */
  failed(why: string): void;
  recovered(): void;
  limits?: Partial<SpanQueueLimits>;
};

type SpanQueueLimits = {
  /** How many spans wait at most. */
  queue: number;
  batch: number;
  /** How long a span waits for others, in milliseconds. */
  delayMs: number;
  /** The first and the longest pause after a failure, in milliseconds. */
  pauseMs: readonly [number, number];
  /** How long `shutdown` waits for the collector, in milliseconds. */
  closeMs: number;
};

const usual: SpanQueueLimits = { queue: 2048, batch: 512, delayMs: 2000, pauseMs: [1000, 30_000], closeMs: 2000 };

const after = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms).unref();
  });

type Waiting = {
  spans: ReadableSpan[];
  /** How long to wait before the next try, in milliseconds. 0 unless the last one has failed. */
  pauseMs: number;
};

/** Takes over what became of the first spans in the queue. Returns whether the next ones can be sent. */
function settle(waiting: Waiting, count: number, delivery: Delivery, deps: SpanQueueDeps, limits: SpanQueueLimits) {
  const [shortest, longest] = limits.pauseMs;
  if (delivery.outcome === 'later') {
    deps.failed(delivery.why);
    waiting.pauseMs = Math.min(Math.max(waiting.pauseMs * 2, shortest, delivery.afterMs ?? 0), longest);
    return false;
  }
  waiting.pauseMs = 0;
  waiting.spans.splice(0, count);
  const refused = delivery.outcome === 'refused' ? count : Math.min(delivery.refused, count);
  if (count > refused) deps.sent(count - refused);
  if (refused === 0) deps.recovered();
  else {
    deps.dropped(refused, 'refused');
    deps.failed(delivery.why ?? 'it refuses spans');
  }
  return true;
}

/** Creates what sends the first spans in the queue. */
function createSendFirst(waiting: Waiting, deps: SpanQueueDeps, limits: SpanQueueLimits) {
  return async (): Promise<boolean> => {
    const batch = waiting.spans.slice(0, limits.batch);
    const delivery = await deps.send(batch).catch((): Delivery => ({ outcome: 'refused', why: 'they cannot be sent' }));
    return settle(waiting, batch.length, delivery, deps, limits);
  };
}

/**
 * Creates the queue of ended spans. One batch is under way at a time. While the collector is away, the queue fills up, and
 * what comes then is dropped. Nothing ever waits for it but `shutdown`.
 */
export function createSpanQueue(deps: SpanQueueDeps): SpanProcessor {
  const limits = { ...usual, ...deps.limits };
  const waiting: Waiting = { spans: [], pauseMs: 0 };
  const { spans } = waiting;
  const sendFirst = createSendFirst(waiting, deps, limits);
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<boolean> | undefined;
  let isStopping = false;

  const schedule = (ms: number) => {
    timer ??= setTimeout(() => void flush(), ms).unref();
  };
  const unschedule = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const flush = async (): Promise<void> => {
    unschedule();
    if (sending || spans.length === 0) return;
    sending = sendFirst();
    await sending;
    sending = undefined;
    if (isStopping || spans.length === 0) return;
    if (waiting.pauseMs > 0) schedule(waiting.pauseMs);
    else schedule(spans.length >= limits.batch ? 0 : limits.delayMs);
  };
  const sendRest = async (): Promise<void> => {
    let goesOn = (await sending) ?? true;
    while (goesOn && spans.length > 0) goesOn = await sendFirst();
  };
  return {
    onStart: () => undefined,
    onEnd(span) {
      if (isStopping) return deps.dropped(1, 'stopped');
      if (spans.length >= limits.queue) return deps.dropped(1, 'full');
      spans.push(span);
      // After a failure, only the pause decides when the next try is.
      if (waiting.pauseMs === 0 && spans.length >= limits.batch) void flush();
      else if (!sending) schedule(limits.delayMs);
    },
    forceFlush: () => flush(),
    async shutdown() {
      isStopping = true;
      unschedule();
      await Promise.race([sendRest(), after(limits.closeMs)]);
      const left = spans.splice(0).length;
      if (left > 0) deps.dropped(left, 'stopped');
    },
  };
}
