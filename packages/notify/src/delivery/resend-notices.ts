import type { NoticeOutbox } from '@sallyport/stores';
import { afterAsking } from './next-delivery.ts';

const maxFailed = 10_000;
const maxTries = 5;

/**
 * Has everything sent again that was given up, of one channel, of one elevation, or of all. Returns how many notices that
 * are. They keep their ids, so that receivers know those that they have had.
 */
export async function resendNotices(
  outbox: NoticeOutbox,
  only: { channel?: string | undefined; aboutId?: string | undefined },
): Promise<number> {
  let count = 0;
  for (const { channel, aboutId } of await outbox.failed(maxFailed)) {
    if (only.channel !== undefined && only.channel !== channel) continue;
    if (only.aboutId !== undefined && only.aboutId !== aboutId) continue;
    for (let tries = 0; tries < maxTries; tries += 1) {
      const waiting = await outbox.read(channel, aboutId);
      if (!waiting) break;
      const next = afterAsking(waiting.delivery);
      if (!(await outbox.mark(channel, aboutId, waiting.version, next))) continue;
      await outbox.wake(channel, aboutId);
      count += next.again.length;
      break;
    }
  }
  return count;
}
