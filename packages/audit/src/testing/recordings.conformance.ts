import { sampleAuditRecord } from '@sallyport/audit-log';
import { recordingQuerySchema, type AuditEventType, type AuditRecord, type SallyportPart } from '@sallyport/contracts';
import { describe, expect, it } from '@jest/globals';
import { hour, midday, type AuditStoreHarness } from './audit-store-harness.ts';

type About = Partial<NonNullable<SallyportPart['recording']>>;
const minute = 60_000;

/** The rules about recordings: part of the rules that every audit store follows. */
export function describeRecordings(open: () => AuditStoreHarness): void {
  /** Makes the events of one recording, on a cluster of its own unless one is given. */
  const makeRecording = ({
    cluster = `rec-${crypto.randomUUID()}`,
    namespace = 'dev',
    name = 'web-0',
    who = 'alice',
  } = {}) => {
    const id = crypto.randomUUID();
    const auditID = crypto.randomUUID();
    const event = (type: AuditEventType, at: number, about: About = {}): AuditRecord => {
      const record = sampleAuditRecord({
        cluster,
        auditID,
        time: at,
        data: {
          objectRef: { resource: 'pods', subresource: 'exec', namespace, name },
          user: { username: `${who}@example.com` },
        },
      });
      record.type = type;
      record.data.sallyport.stream = { id: 'stream-1', kind: 'exec' };
      record.data.sallyport.exec = { container: 'main', command: ['sh', '\0\ud800'], tty: true, stdin: true };
      record.data.sallyport.recording = { id, ...about };
      return record;
    };
    const part = (number: number, at: number, bytes = 100) =>
      event('recording.part', at, {
        part: number,
        files: [{ name: `00000${number}.age`, bytes, sha256: 'a'.repeat(64) }],
      });
    const started = (at = midday) => event('recording.started', at, { demand: 'required', recipients: ['age1x'] });
    return { id, auditID, cluster, event, part, started };
  };
  const add = (...records: AuditRecord[]) => open().stores.events.add(records);
  const list = async (query: Record<string, unknown>) =>
    open().stores.recordings.list(recordingQuerySchema.parse(query));
  const find = async (id: string) => open().stores.recordings.find(id);

  describe('for recordings', () => {
    it('tells what the events of one say together, in whatever order and however often they arrive', async () => {
      const one = makeRecording();
      const finished = one.event('recording.finished', midday + 3 * minute, { outcome: 'complete' });
      const gap = one.event('recording.gap', midday + minute, { from: 'then', until: 'later', reason: 'no room' });
      await add(one.part(2, midday + 2 * minute, 50), finished, gap);
      await add(one.started(), one.part(1, midday + minute), one.part(1, midday + 9 * minute, 7));
      await add(one.started(), finished, gap);
      const found = await find(one.id);
      expect(found).toMatchObject({
        recording: {
          id: one.id,
          auditId: one.auditID,
          stream: 'stream-1',
          kind: 'exec',
          cluster: one.cluster,
          resource: 'pods',
          namespace: 'dev',
          name: 'web-0',
          container: 'main',
          command: ['sh', '\0\ud800'],
          tty: true,
          user: 'alice@example.com',
          demand: 'required',
          recipients: ['age1x'],
          since: midday,
          end: midday + 3 * minute,
          state: 'complete',
          parts: 2,
          bytes: 150,
        },
        parts: [
          { part: 1, files: [{ name: '000001.age', bytes: 100, sha256: 'a'.repeat(64) }] },
          { part: 2, files: [{ name: '000002.age', bytes: 50 }] },
        ],
        gaps: [{ from: 'then', until: 'later', reason: 'no room' }],
      });
      expect(await list({ cluster: one.cluster })).toEqual({
        found: [{ recording: found!.recording, position: expect.any(String) }],
        more: false,
      });
    });

    it('lists the latest first, page by page, with globs that mean nothing else', async () => {
      const cluster = `rec-${crypto.randomUUID()}`;
      const names = ['db-0', 'db_1', 'web-0'];
      for (const [index, name] of names.entries())
        await add(makeRecording({ cluster, name, namespace: `team-${index}` }).started(midday + index * minute));
      const found = async (query: Record<string, unknown>) => (await list({ cluster, ...query })).found;
      const namesOf = async (query: Record<string, unknown>) =>
        (await found(query)).map(({ recording }) => recording.name);
      expect(await namesOf({})).toEqual(['web-0', 'db_1', 'db-0']);
      expect(await namesOf({ name: 'db*' })).toEqual(['db_1', 'db-0']);
      expect(await namesOf({ name: 'db_*' })).toEqual(['db_1']);
      expect(await namesOf({ namespace: 'team-2', user: 'alice@*' })).toEqual(['web-0']);
      expect(await namesOf({ user: 'alice%' })).toEqual([]);
      const until = new Date(midday + minute).toISOString();
      expect([await namesOf({ until }), await namesOf({ since: until })]).toEqual([['db-0'], ['web-0', 'db_1']]);
      const first = await list({ cluster, limit: 2 });
      expect(first.more).toBe(true);
      expect(await list({ cluster, limit: 2, after: first.found[1]!.position })).toMatchObject({
        found: [{ recording: { name: 'db-0' } }],
        more: false,
      });
      for (const after of ['x', `9999~${'x'.repeat(9)}`])
        await expect(list({ cluster, after })).rejects.toMatchObject({ code: 'bad-request' });
    });

    it('lists the others if one cannot be read', async () => {
      const cluster = `rec-${crypto.randomUUID()}`;
      const [good, bad] = [makeRecording({ cluster }), makeRecording({ cluster })];
      await add(good.started(), bad.started());
      await open().run(`update audit_recordings set head = '{"user": 7}' where id = $1`, [bad.id]);
      expect((await list({ cluster })).found.map(({ recording }) => recording.id)).toEqual([good.id]);
      expect(await find(bad.id)).toBeUndefined();
    });

    it('knows no recording of a session of which only a gap is known', async () => {
      const one = makeRecording();
      await add(one.event('recording.gap', midday, { reason: 'no place' }), one.event('recording.viewed', midday));
      expect(await find(one.id)).toBeUndefined();
      expect(await list({ cluster: one.cluster })).toEqual({ found: [], more: false });
      expect(await open().stores.recordings.claimSilent(midday + hour, midday, midday)).not.toContainEqual(
        expect.objectContaining({ recording: expect.objectContaining({ id: one.id }) }),
      );
    });

    it('gives one that is silent to one replica, and again only after a while', async () => {
      const [silent, alive, ended] = [makeRecording(), makeRecording(), makeRecording()];
      const now = midday + hour;
      await add(silent.started(), silent.part(1, midday + minute), alive.started(), alive.part(1, now - minute));
      await add(ended.started(), ended.event('recording.finished', midday + minute, { outcome: 'complete' }));
      const replica = open().replica();
      const claim = async ({ recordings }: Pick<ReturnType<typeof open>['stores'], 'recordings'>, at: number) =>
        (await recordings.claimSilent(now - 15 * minute, at - 10 * minute, at)).filter(({ recording }) =>
          [silent, alive, ended].some(({ id }) => id === recording.id),
        );
      const both = await Promise.all([claim(open().stores, now), claim(replica, now)]);
      expect(both.flat()).toMatchObject([
        { recording: { id: silent.id, parts: 1, bytes: 100 }, seen: midday + minute },
      ]);
      expect(await claim(replica, now + minute)).toEqual([]);
      expect(await claim(replica, now + 11 * minute)).toHaveLength(1);
      await replica.close();
    });

    it('counts what a gateway says after the recording was declared lost, and not the other way round', async () => {
      const one = makeRecording();
      const lost = one.event('recording.finished', midday + 20 * minute, { outcome: 'lost', reason: 'silence' });
      await add(one.started(), lost);
      expect((await find(one.id))!.recording).toMatchObject({ state: 'lost', reason: 'silence', parts: 0 });
      await add(one.part(1, midday + 30 * minute));
      expect((await find(one.id))!.recording).toMatchObject({ state: 'lost', parts: 1 });
      await add(one.event('recording.finished', midday + 31 * minute, { outcome: 'cut' }));
      await add({ ...lost, id: crypto.randomUUID() });
      const { recording } = (await find(one.id))!;
      expect(recording).toMatchObject({ state: 'cut', parts: 1 });
      expect(recording.reason).toBeUndefined();
    });

    it('forgets one with the last of its events', async () => {
      const day = 24 * hour;
      const start = Date.UTC(2021, 5, 1, 12);
      const [old, held] = [makeRecording(), makeRecording()];
      await add(old.started(start), old.part(1, start + minute), held.started(start + 3 * day));
      const holds = [{ name: 'a case', from: start + 3 * day, until: start + 3 * day + hour }];
      await open().stores.events.trim({ before: start + 10 * day, holds });
      expect(await find(old.id)).toBeUndefined();
      expect(await find(held.id)).toBeDefined();
    });
  });
}
