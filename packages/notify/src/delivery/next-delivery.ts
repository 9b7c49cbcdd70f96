import type { Notice } from '@sallyport/contracts';
import type { Delivery, Waiting } from '@sallyport/stores';

/** After which pauses a notice is tried again, and when it is given up, in milliseconds. */
export type RetryTimes = { firstMs: number; maxMs: number; giveUpMs: number };

export const retryTimes: RetryTimes = { firstMs: 1000, maxMs: 600_000, giveUpMs: 24 * 3_600_000 };

/** What a receiver asks for is respected up to this long. */
const maxRetryAfterMs = 3_600_000;

/** What a channel is to be sent next: what an operator wants again, then the first that it has not had. */
export function nextNotice(
  { notices, delivery }: Pick<Waiting, 'notices' | 'delivery'>,
  channel: string,
): Notice | undefined {
  const mine = notices.filter(({ channels }) => channels.includes(channel));
  return (
    mine.find(({ number }) => delivery.again.includes(number)) ?? mine.find(({ number }) => number > delivery.done)
  );
}

/** Goes on to the next notice. */
function moveOn({ done, again, failed }: Delivery, number: number): Delivery {
  return {
    done: Math.max(done, again.includes(number) ? done : number),
    failed,
    again: again.filter((one) => one !== number),
    tries: 0,
  };
}

/** The delivery after a notice was sent. */
export function afterSending(delivery: Delivery, number: number): Delivery {
  const next = moveOn(delivery, number);
  return { ...next, failed: next.failed.filter((one) => one.number !== number) };
}

/** The delivery after an attempt that failed. */
export function afterFailing(delivery: Delivery, reason: string, now: number): Delivery {
  return { ...delivery, tries: delivery.tries + 1, since: delivery.since ?? now, reason };
}

/** The delivery after a notice was given up. */
export function afterGivingUp(
  delivery: Delivery,
  number: number,
  { at, tries, reason }: NonNullable<Delivery['lost']>,
): Delivery {
  const next = moveOn(delivery, number);
  const others = next.failed.filter((one) => one.number !== number);
  return { ...next, failed: [...others, { number, at, tries, reason }] };
}

/** The delivery after an operator asked to send again what was given up. */
export function afterAsking(delivery: Delivery): Delivery {
  const { tries: _tries, since: _since, reason: _reason, lost: _lost, ...rest } = delivery;
  return { ...rest, tries: 0, again: delivery.failed.map(({ number }) => number).toSorted((a, b) => a - b) };
}

/**
 * Whether a notice has failed for too long. Time counts from its step, so that what waited behind another does not wait as
 * long again. For what an operator asked for, it counts from the first attempt.
 */
export function isHopeless(delivery: Delivery, notice: Notice, now: number, { giveUpMs }: RetryTimes): boolean {
  const from = delivery.again.includes(notice.number) ? (delivery.since ?? now) : notice.at;
  return now - from >= giveUpMs;
}

/** Returns the pause before the next attempt: twice as long each time, and random, so that not all come at once. */
export function pauseAfter(
  tries: number,
  retryAfterMs: number | undefined,
  { firstMs, maxMs }: RetryTimes,
  random: () => number,
): number {
  const pause = Math.min(maxMs, firstMs * 2 ** Math.min(tries - 1, 30)) * (0.5 + random() / 2);
  return Math.max(pause, Math.min(retryAfterMs ?? 0, maxRetryAfterMs));
}
