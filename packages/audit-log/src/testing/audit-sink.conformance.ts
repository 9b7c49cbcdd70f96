/* oxlint-disable max-lines-per-function -- a suite of tests reads best in one piece */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import type { AuditSink } from '../sink/audit-sink.ts';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';

export { sampleAuditRecord };

/** What a backend brings so that the suite can judge it. */
export type AuditSinkHarness = {
  createSink(settings: { queueLimit?: number }): AuditSink;
  /** Takes the log away: nothing is acknowledged until it is back. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** Everything a subscriber has been given since the harness was made, in order of arrival, repetitions included. */
  received(): readonly AuditRecord[];
  close(): Promise<void>;
};

/** Waits until `ready` holds; fails after `ms`. */
async function until(ready: () => boolean, ms = 30_000): Promise<void> {
  const end = Date.now() + ms;
  while (!ready()) {
    if (Date.now() > end) throw new Error('it did not come to pass in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const unavailable = { code: 'audit-unavailable', status: 503 };

/** The rules that every audit sink keeps. */
export function describeAuditSink(name: string, start: () => Promise<AuditSinkHarness>): void {
  describe(`an audit sink (${name})`, () => {
    let harness: AuditSinkHarness;
    const sinks: AuditSink[] = [];
    const createSink = (settings: { queueLimit?: number } = {}) => {
      const sink = harness.createSink(settings);
      sinks.push(sink);
      return sink;
    };
    const events = (count: number, session: string = crypto.randomUUID()) =>
      Array.from({ length: count }, () => sampleAuditRecord({ session }));
    const arrived = (wanted: readonly AuditRecord[]) => {
      const ids = new Set(wanted.map((record) => record.id));
      const first = new Map(
        harness
          .received()
          .filter((record) => ids.has(record.id))
          .map((record) => [record.id, record]),
      );
      return [...first.values()];
    };
    const allArrived = (wanted: readonly AuditRecord[]) => until(() => arrived(wanted).length === wanted.length);
    const timed = async (work: Promise<unknown>) => {
      const begun = performance.now();
      const outcome = await work.then(
        () => 'resolved',
        (error: unknown) => error,
      );
      return { outcome, ms: performance.now() - begun };
    };

    beforeAll(async () => {
      harness = await start();
    }, 120_000);
    afterEach(async () => {
      await harness.comeBack();
      await Promise.all(sinks.splice(0).map((sink) => sink.close()));
    }, 60_000);
    afterAll(() => harness.close(), 60_000);

    it('brings an event whole to a subscriber, envelope and data', async () => {
      const record = sampleAuditRecord({
        data: { requestURI: '/api/v1/namespaces/dev/pods/ü–\u0000"?a=b', userAgent: '‮ kubectl 🚀' },
      });
      await createSink().publish(record);
      await allArrived([record]);
      expect(arrived([record])).toEqual([record]);
    }, 60_000);

    it('keeps the order of one session, waited for or not', async () => {
      const sink = createSink();
      const sent = events(1200);
      const waits = sent.map(async (record, index) => (index % 7 === 0 ? sink.publish(record) : sink.enqueue(record)));
      await Promise.all(waits);
      await allArrived(sent);
      expect(arrived(sent)).toEqual(sent);
    }, 60_000);

    it('can be reached', async () => {
      const sink = createSink();
      await sink.publish(sampleAuditRecord());
      await expect(sink.ping()).resolves.toBeUndefined();
      expect(sink.hasRoom()).toBe(true);
    }, 60_000);

    it('says within 2 s that an event could not be acknowledged, and delivers it all the same when the log is back', async () => {
      const sink = createSink();
      await sink.publish(sampleAuditRecord());
      await harness.goAway();
      const sent = events(40);
      const attempts = [];
      for (const record of sent.slice(0, 3)) attempts.push(await timed(sink.publish(record)));
      for (const record of sent.slice(3)) sink.enqueue(record);
      for (const { outcome, ms } of attempts) {
        expect(outcome).toMatchObject(unavailable);
        expect(ms).toBeLessThan(2000);
      }
      await expect(sink.ping()).rejects.toThrow();
      expect(arrived(sent)).toEqual([]);
      await harness.comeBack();
      await allArrived(sent);
      expect(arrived(sent)).toEqual(sent);
      await expect(sink.publish(sampleAuditRecord())).resolves.toBeUndefined();
    }, 120_000);

    it('starts while the log is away', async () => {
      await harness.goAway();
      const sink = createSink();
      const sent = events(5);
      const first = await timed(sink.publish(sent[0]!));
      expect(first.outcome).toMatchObject(unavailable);
      expect(first.ms).toBeLessThan(2000);
      for (const record of sent.slice(1)) sink.enqueue(record);
      await harness.comeBack();
      await allArrived(sent);
      expect(arrived(sent)).toEqual(sent);
    }, 120_000);

    it('has no room once its bounded queue is full, refuses to publish at once, keeps what is enqueued, and has room again later', async () => {
      const sink = createSink({ queueLimit: 20 });
      await sink.publish(sampleAuditRecord());
      await harness.goAway();
      const sent = events(25);
      for (const record of sent.slice(0, 19)) sink.enqueue(record);
      expect(sink.hasRoom()).toBe(true);
      for (const record of sent.slice(19)) sink.enqueue(record);
      expect(sink.hasRoom()).toBe(false);
      const refused = await timed(sink.publish(sampleAuditRecord()));
      expect(refused.outcome).toMatchObject(unavailable);
      expect(refused.ms).toBeLessThan(200);
      await harness.comeBack();
      await allArrived(sent);
      await until(() => sink.hasRoom());
      expect(arrived(sent)).toEqual(sent);
    }, 120_000);

    it('has room for others whatever anonymous callers cause, and tells how much that was', async () => {
      const sink = createSink({ queueLimit: 20 });
      await sink.publish(sampleAuditRecord());
      await harness.goAway();
      const session = crypto.randomUUID();
      for (let sent = 0; sent < 500; sent += 1) {
        const record = sampleAuditRecord({ session, data: { user: {}, responseStatus: { code: 401 } } });
        delete record.data.sallyport.identity;
        sink.enqueue(record);
      }
      expect(sink.hasRoom()).toBe(true);
      const own = sampleAuditRecord();
      sink.enqueue(own);
      await harness.comeBack();
      await allArrived([own]);
      const anonymous = () =>
        new Map(
          harness
            .received()
            .filter(({ key }) => key.endsWith(session))
            .map((record) => [record.id, record]),
        );
      const counted = () =>
        [...anonymous().values()].reduce((sum, { data }) => sum + (data.sallyport.aggregated?.count ?? 1), 0);
      await until(() => counted() >= 500);
      expect(counted()).toBe(500);
      expect(anonymous().size).toBeLessThan(20);
    }, 120_000);

    it('delivers what is queued before it closes, and takes nothing more', async () => {
      const sink = createSink();
      const sent = events(700);
      for (const record of sent) sink.enqueue(record);
      await sink.close();
      await allArrived(sent);
      expect(sink.hasRoom()).toBe(false);
      await expect(sink.publish(sampleAuditRecord())).rejects.toMatchObject(unavailable);
    }, 60_000);

    it('does not close later than asked while the log is away', async () => {
      const sink = createSink();
      await sink.publish(sampleAuditRecord());
      await harness.goAway();
      const waiting = timed(sink.publish(sampleAuditRecord()));
      const closing = await timed(sink.close(300));
      expect(closing.outcome).toBe('resolved');
      expect(closing.ms).toBeLessThan(1900);
      expect((await waiting).outcome).toMatchObject(unavailable);
    }, 60_000);
  });
}
