import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@sallyport/kit';
import { enforceRetention, type RetentionDeps } from './enforce-retention.ts';
import type { Bounds } from './store/audit-store.ts';

const day = 86_400_000;
const soon = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));

function start(changes: Partial<RetentionDeps>) {
  const calls: Bounds[] = [];
  const retention = enforceRetention({
    store: { trim: async (bounds) => calls.push(bounds) },
    logger: createLogger({ service: 'audit', level: 'silent' }),
    now: () => 100 * day,
    retentionMs: 90 * day,
    keepAnonymous: 5000,
    ...changes,
  });
  return { calls, retention };
}

describe('enforcing retention', () => {
  it('deletes by age in every run, and retries in the next run after a failure', async () => {
    let runs = 0;
    const { retention } = start({
      everyMs: 5,
      store: {
        trim: async (bounds) => {
          expect(bounds).toEqual({ before: 10 * day, keepAnonymous: 5000, rememberIds: 50_000 });
          runs += 1;
          if (runs === 1) throw new Error('down');
          return 0;
        },
      },
    });
    while (runs < 2) await soon();
    await retention.close();
  });

  it('deletes surplus events as soon as a tenth of the limit has arrived', async () => {
    const { calls, retention } = start({ keep: 2000 });
    retention.stored(199);
    await soon();
    expect(calls).toEqual([]);
    retention.stored(1);
    await soon();
    expect(calls).toEqual([{ before: 10 * day, keep: 2000, keepAnonymous: 5000, rememberIds: 50_000 }]);
    await retention.close();
    retention.stored(5000);
    await soon();
    expect(calls).toHaveLength(1);
  });

  it('limits the events of anonymous callers even if no other events are limited', async () => {
    const { calls, retention } = start({ keepAnonymous: 1500 });
    retention.stored(1499);
    await soon();
    expect(calls).toEqual([]);
    retention.stored(1);
    await soon();
    expect(calls).toEqual([{ before: 10 * day, keepAnonymous: 1500, rememberIds: 50_000 }]);
    await retention.close();
  });
});
