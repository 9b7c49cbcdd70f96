import { describe, expect, it } from '@jest/globals';
import { sampleAuditRecord } from '@sallyport/audit-log';
import type { AuditRecord, RecordingRow } from '@sallyport/contracts';
import { createLogger } from '@sallyport/kit';
import { startFinisher } from './finish-lost.ts';
import type { SilentRecording } from './recording-store.ts';

const minute = 60_000;
const begin = Date.UTC(2026, 10, 25, 12);
const recording: RecordingRow = {
  id: '5f1d9c1e-0000-4000-8000-000000000001',
  auditId: '5f1d9c1e-0000-4000-8000-000000000002',
  stream: 's1',
  kind: 'exec',
  cluster: 'dev',
  resource: 'pods',
  namespace: 'web',
  name: 'web-0',
  user: 'alice',
  demand: 'required',
  recipients: [],
  since: begin,
  state: 'running',
  parts: 2,
  bytes: 300,
};
const silent: SilentRecording = { recording, seen: begin + minute };

/** Runs a finisher, and lets an hour pass as fast as it looks. */
async function run(options: { checkTrail?: () => void; old?: boolean; hasRoom?: boolean; finishers?: number } = {}) {
  const { checkTrail = () => undefined, old = false, hasRoom = true, finishers = 1 } = options;
  const published: AuditRecord[] = [];
  const asked: number[][] = [];
  let now = begin;
  let claimed = false;
  const looked = Promise.withResolvers<void>();
  const all = Array.from({ length: finishers }, () =>
    startFinisher({
      recordings: {
        claimSilent: async (...times) => {
          asked.push(times);
          const found = claimed ? [] : [silent];
          claimed = true;
          return found;
        },
      },
      sink: { enqueue: (record) => void published.push(record) as never, hasRoom: () => hasRoom },
      logger: createLogger({ service: 'audit', destination: { write: () => undefined } }),
      now: () => {
        now += 5000;
        if (now > begin + 60 * minute) looked.resolve();
        return now;
      },
      checkTrail() {
        checkTrail();
        if (old) all[0]!.stored([sampleAuditRecord({ time: begin - minute })]);
      },
      lostAfterMs: 15 * minute,
      everyMs: 1,
    }),
  );
  await looked.promise;
  for (const one of all) await one.close();
  return { published, asked };
}

describe('the finisher', () => {
  it('publishes the end of a recording that is silent for too long, once, with what is known of it', async () => {
    const { published, asked } = await run({ finishers: 2 });
    expect(published).toMatchObject([
      {
        type: 'recording.finished',
        time: new Date(silent.seen + 15 * minute).toISOString().replace('Z', '000Z'),
        data: {
          auditID: recording.auditId,
          objectRef: { resource: 'pods', subresource: 'exec', namespace: 'web', name: 'web-0' },
          sallyport: { recording: { id: recording.id, outcome: 'lost', parts: 2, bytes: 300 } },
        },
      },
    ]);
    const [seenBefore, claimedBefore, at] = asked[0]!;
    expect([at! - seenBefore!, at! - claimedBefore!]).toEqual([15 * minute, 10 * minute]);
  });

  it('gives the event the same id in every process that publishes it', async () => {
    const [[one], [other]] = [(await run()).published, (await run()).published];
    expect(one!.id).toBe(other!.id);
  });

  it.each([
    [
      'the trail cannot be read',
      {
        checkTrail: () => {
          throw new Error('down');
        },
      },
    ],
    ['old events still arrive', { old: true }],
    ['the event could not be published', { hasRoom: false }],
  ])('declares nothing lost while %s', async (_when, options) => {
    expect(await run(options)).toEqual({ published: [], asked: [] });
  });
});
