import { createHash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { auditQuerySchema } from '@sallyport/contracts';
import type { OnlyOf } from '../events/event-store.ts';
import { ids, makeEvent, type AuditStoreHarness } from './audit-store-harness.ts';

const issuer = 'https://idp.example.com';
/** Alice may see the trail of dev, and her own events. */
const devOnly: OnlyOf = { issuer, subject: 'alice', and: { clusters: ['dev'], withoutCluster: false } };

/** The rules about who sees whose events, in every view of the trail. */
export function describeVisibleEvents(open: () => AuditStoreHarness): void {
  const find = (query: Record<string, unknown>, only?: OnlyOf) =>
    open().stores.events.find(auditQuerySchema.parse(query), only);

  /** Adds requests of Bob to dev, to prod and to a cluster that differs by case only, a login, and one of Alice's own. */
  const fill = async () => {
    const session = crypto.randomUUID();
    const on = (cluster: string | undefined, who = 'bob') => {
      const record = makeEvent(session, { who });
      record.data.auditID = crypto.randomUUID();
      record.data.stage = 'ResponseComplete';
      if (cluster === undefined) delete record.data.sallyport.cluster;
      else record.data.sallyport.cluster = { id: cluster, name: cluster };
      return record;
    };
    const all = {
      dev: on('dev'),
      prod: on('prod'),
      upper: on('PROD'),
      like: on('dev '),
      none: on(undefined),
      own: on('prod', 'alice'),
    };
    await open().stores.events.add(Object.values(all));
    return { session, ...all };
  };

  it('shows a person the trail of the clusters that they may see, and their own events', async () => {
    const { session, dev, none, own } = await fill();
    expect(ids(await find({ session, order: 'oldest' }, devOnly))).toEqual([dev.id, own.id]);
    const withLogins = { ...devOnly, and: { clusters: ['dev'], withoutCluster: true } };
    expect(ids(await find({ session, order: 'oldest' }, withLogins))).toEqual([dev.id, none.id, own.id]);
    const onlyLogins = { ...devOnly, and: { clusters: [], withoutCluster: true } };
    expect(ids(await find({ session, order: 'oldest' }, onlyLogins))).toEqual([none.id, own.id]);
  });

  it('shows the number of an event, which counts those of everyone, and what a tried-out policy says to those who see all events', async () => {
    const session = crypto.randomUUID();
    const record = makeEvent(session);
    const hash = createHash('sha256').update(session).digest('hex');
    const shadow = [{ scope: 'shadow/cluster/dev', effect: 'allow' as const, rule: 'shadow/cluster/dev[0].allow.or' }];
    record.key = `hidden-cluster/${session}`;
    record.data.sallyport.decision = { effect: 'deny', rule: 'default-deny', reasons: [], policyVersion: 'v', shadow };
    Object.assign(record.data.sallyport, { producer: `p/${session}`, seq: 4711, prevHash: hash, hash });
    await open().stores.events.add([record]);
    const eventFor = async (only?: OnlyOf) => (await find({ session }, only)).events[0]!;
    const partsFor = async (only?: OnlyOf) => (await eventFor(only)).data.sallyport;
    expect(await partsFor()).toMatchObject({ seq: 4711, prevHash: hash, hash });
    for (const only of [{ issuer, subject: 'alice' }, devOnly]) {
      const part = await partsFor(only);
      expect((await eventFor(only)).key).toBe(`-/${session}`);
      expect(part).toMatchObject({ producer: `p/${session}`, sessionId: session });
      expect(JSON.stringify(part)).not.toMatch(new RegExp(`4711|${hash}|shadow`));
      expect(part.decision).toMatchObject({ rule: 'default-deny' });
    }
  });

  it('shows nothing of another cluster, whatever is asked', async () => {
    const { session, prod, own } = await fill();
    const prefix = prod.data.auditID!.slice(0, 8);
    const everything = await find({ session, limit: 1 });
    for (const query of [
      { session, cluster: 'prod' },
      { session, cluster: 'prod', view: 'requests' },
      { session, cluster: 'prod', user: prod.data.user.username },
      { session, cluster: 'prod', subject: 'bob', issuer },
      { session, cluster: 'prod', after: everything.next },
      { session, cluster: 'prod', order: 'oldest', after: 'MDo' },
    ])
      expect(ids(await find(query, devOnly)).filter((id) => id !== own.id)).toEqual([]);
    for (const query of [
      { auditID: prod.data.auditID },
      { auditIDPrefix: prefix },
      { auditIDPrefix: prefix, view: 'requests' },
      { session, cluster: 'PROD' },
      { session, cluster: 'DEV' },
      { session, cluster: 'dev ' },
      { session, cluster: 'dev\u{d7ff}' },
    ])
      expect(ids(await find(query, devOnly))).toEqual([]);
  });

  it('shows with a cursor of a person who sees everything only what the caller may see', async () => {
    const { session, dev, own } = await fill();
    for (const view of ['events', 'requests']) {
      const { next } = await find({ session, view, order: 'oldest', limit: 1 });
      const rest = await find({ session, view, order: 'oldest', after: next }, devOnly);
      expect(ids(rest).filter((id) => id !== dev.id)).toEqual([own.id]);
    }
  });
}
