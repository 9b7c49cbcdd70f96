import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import type { AuditSink } from '../sink/audit-sink.ts';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';

export { sampleAuditRecord };

type SinkSettings = { queueLimit?: number; publishTimeoutMs?: number };

/** What a backend provides to the suite. */
export type AuditSinkHarness = {
  createSink(settings: SinkSettings): AuditSink;
  /** Makes the log unavailable. Nothing is acknowledged until `bringBack`. */
  takeDown(): Promise<void>;
  bringBack(): Promise<void>;
  /** Everything that a subscriber has received since the harness was created, in order, repetitions included. */
  received(): readonly AuditRecord[];
  close(): Promise<void>;
};

/** A busy machine may take this many times as long as promised. */
const slack = 10;
const unavailable = { code: 'audit-unavailable', status: 503 };

/**
 * The rules that every audit sink follows. A sink that is bounded by the bytes of its spool shows in its own tests what
 * happens when it is full.
 */
export function describeAuditSink(
  name: string,
  start: () => Promise<AuditSinkHarness>,
  { bound = 'events' }: { bound?: 'events' | 'bytes' } = {},
): void {
  const itIfCounted = bound === 'events' ? it : () => undefined;
  describe(`an audit sink (${name})`, () => {
    let harness: AuditSinkHarness;
    const sinks: AuditSink[] = [];
    const createSink = (settings: SinkSettings = {}) => {
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
    });
    afterEach(async () => {
      await harness.bringBack();
      await Promise.all(sinks.splice(0).map((sink) => sink.close()));
    });
    afterAll(() => harness.close());

    it('gives an event that is published again while it waits one place in the chain', async () => {
      await harness.takeDown();
      const sink = createSink({ publishTimeoutMs: 200 });
      const record = sampleAuditRecord();
      const publish = () => sink.publish(structuredClone(record));
      for (let times = 0; times < 3; times += 1) await expect(publish()).rejects.toMatchObject(unavailable);
      const waiting = [publish(), publish()].map((one) => one.catch(() => undefined));
      await harness.bringBack();
      await Promise.all(waiting);
      await allArrived([record]);
      await sink.publish(sampleAuditRecord()).catch(() => undefined);
      const copies = harness.received().filter(({ id }) => id === record.id);
      expect(new Set(copies.map(({ data }) => data.sallyport.seq)).size).toBe(1);
      // What is acknowledged is no longer known.
      await until(() => sink.hasRoom());
    });

    it('delivers an event unchanged to a subscriber, envelope and data', async () => {
      const record = sampleAuditRecord({
        data: { requestURI: '/api/v1/namespaces/dev/pods/ü–\u0000"?a=b', userAgent: '‮ kubectl 🚀' },
      });
      await createSink().publish(record);
      await allArrived([record]);
      expect(arrived([record])).toEqual([record]);
    });

    it('keeps the order of a session, whether or not the caller waits', async () => {
      // It is about the order, and a machine may be slow.
      const sink = createSink({ publishTimeoutMs: 30_000 });
      const sent = events(1200);
      const waits = sent.map(async (record, index) => (index % 7 === 0 ? sink.publish(record) : sink.enqueue(record)));
      await Promise.all(waits);
      await allArrived(sent);
      expect(arrived(sent)).toEqual(sent);
    });

    it('can be reached', async () => {
      const sink = createSink();
      await sink.publish(sampleAuditRecord());
      await expect(sink.ping()).resolves.toBeUndefined();
      expect(sink.hasRoom()).toBe(true);
    });

    it('rejects within 2 s when an event is not acknowledged, and still delivers it when the log is back', async () => {
      const sink = createSink();
      await sink.publish(sampleAuditRecord());
      await harness.takeDown();
      const sent = events(40);
      const attempts = [];
      for (const record of sent.slice(0, 3)) attempts.push(await timed(sink.publish(record)));
      for (const record of sent.slice(3)) sink.enqueue(record);
      for (const { outcome, ms } of attempts) {
        expect(outcome).toMatchObject(unavailable);
        expect(ms).toBeLessThan(slack * 2000);
      }
      await expect(sink.ping()).rejects.toThrow();
      expect(arrived(sent)).toEqual([]);
      await harness.bringBack();
      await allArrived(sent);
      expect(arrived(sent)).toEqual(sent);
      await expect(sink.publish(sampleAuditRecord())).resolves.toBeUndefined();
    });

    it('starts while the log is down', async () => {
      await harness.takeDown();
      const sink = createSink();
      const sent = events(5);
      const first = await timed(sink.publish(sent[0]!));
      expect(first.outcome).toMatchObject(unavailable);
      expect(first.ms).toBeLessThan(slack * 2000);
      for (const record of sent.slice(1)) sink.enqueue(record);
      await harness.bringBack();
      await allArrived(sent);
      expect(arrived(sent)).toEqual(sent);
    });

    itIfCounted(
      'has no room when its queue is full, refuses to publish at once, keeps what is queued, and has room again later',
      async () => {
        const sink = createSink({ queueLimit: 20 });
        await sink.publish(sampleAuditRecord());
        await harness.takeDown();
        const sent = events(25);
        for (const record of sent.slice(0, 19)) sink.enqueue(record);
        expect(sink.hasRoom()).toBe(true);
        for (const record of sent.slice(19)) sink.enqueue(record);
        expect(sink.hasRoom()).toBe(false);
        const refused = await timed(sink.publish(sampleAuditRecord()));
        expect(refused.outcome).toMatchObject(unavailable);
        // At once, and not when the two seconds for an acknowledgement are over.
        expect(refused.ms).toBeLessThan(1500);
        await harness.bringBack();
        await allArrived(sent);
        await until(() => sink.hasRoom());
        expect(arrived(sent)).toEqual(sent);
      },
    );

    itIfCounted('keeps room for others whatever anonymous callers cause, and reports the count', async () => {
      const sink = createSink({ queueLimit: 20 });
      await sink.publish(sampleAuditRecord());
      await harness.takeDown();
      const session = crypto.randomUUID();
      for (let sent = 0; sent < 500; sent += 1) {
        const record = sampleAuditRecord({ session, data: { user: {}, responseStatus: { code: 401 } } });
        delete record.data.sallyport.identity;
        sink.enqueue(record);
      }
      expect(sink.hasRoom()).toBe(true);
      const own = sampleAuditRecord();
      sink.enqueue(own);
      await harness.bringBack();
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
    });

    it('delivers queued events before it closes, and accepts no more', async () => {
      const sink = createSink();
      const sent = events(700);
      for (const record of sent) sink.enqueue(record);
      await sink.close();
      await allArrived(sent);
      expect(sink.hasRoom()).toBe(false);
      await expect(sink.publish(sampleAuditRecord())).rejects.toMatchObject(unavailable);
    });

    it('closes within the given time while the log is down', async () => {
      const sink = createSink();
      await sink.publish(sampleAuditRecord());
      await harness.takeDown();
      const waiting = timed(sink.publish(sampleAuditRecord()));
      const closing = await timed(sink.close(300));
      expect(closing.outcome).toBe('resolved');
      expect(closing.ms).toBeLessThan(1900);
      expect((await waiting).outcome).toMatchObject(unavailable);
    });
  });
}
