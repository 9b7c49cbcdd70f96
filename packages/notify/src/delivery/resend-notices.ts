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
  only: { channel?: string | undefined; elevationId?: string | undefined },
): Promise<number> {
  let count = 0;
  for (const { channel, elevationId } of await outbox.failed(maxFailed)) {
    if (only.channel !== undefined && only.channel !== channel) continue;
    if (only.elevationId !== undefined && only.elevationId !== elevationId) continue;
    for (let tries = 0; tries < maxTries; tries += 1) {
      const waiting = await outbox.read(channel, elevationId);
      if (!waiting) break;
      const next = afterAsking(waiting.delivery);
      if (!(await outbox.mark(channel, elevationId, waiting.version, next))) continue;
      await outbox.wake(channel, elevationId);
      count += next.again.length;
      break;
    }
  }
  return count;
}
