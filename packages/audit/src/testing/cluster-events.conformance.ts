import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { ClusterEvent } from '@sallyport/audit-join';
import { makeEvent, type AuditStoreHarness } from './audit-store-harness.ts';

const day = 86_400_000;

/** Returns an event of a cluster's own log. */
export function makeClusterEvent(auditID: string, at: number, changes: Partial<ClusterEvent> = {}): ClusterEvent {
  const time = new Date(at).toISOString().replace('Z', '123Z');
  return {
    auditID,
    stage: 'ResponseComplete',
    level: 'Metadata',
    requestURI: '/api/v1/namespaces/dev/pods',
    verb: 'list',
    user: { username: 'kubernetes-admin' },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    ...changes,
  };
}

/** The rules for the clusters' own events: part of the rules that every audit store follows. */
export function describeClusterEvents(open: () => AuditStoreHarness): void {
  const events = () => open().stores.clusterEvents;
  const found = async (id: string) => (await events().find(id)).map(({ event }) => event);

  describe("for the clusters' own events", () => {
    it('stores an event once, however often it arrives and through whichever replica', async () => {
      const [id, at] = [randomUUID(), Date.now()];
      const event = makeClusterEvent(id, at);
      const other = makeClusterEvent(id, at, { stage: 'RequestReceived', userAgent: '\0\ud800' });
      const replica = open().replica();
      await Promise.all([
        events().add('dev', [
          { event, keep: true },
          { event: other, keep: true },
        ]),
        replica.clusterEvents.add('dev', [
          { event, keep: true },
          { event, keep: true },
        ]),
      ]);
      await replica.close();
      expect((await found(id)).map(({ stage }) => stage).toSorted()).toEqual(['RequestReceived', 'ResponseComplete']);
      expect(await found(id)).toContainEqual(event);
    });

    it('stores another request under an ID that was used before', async () => {
      const [id, at] = [randomUUID(), Date.now()];
      await events().add('dev', [{ event: makeClusterEvent(id, at), keep: true }]);
      await events().add('dev', [{ event: makeClusterEvent(id, at + 1000), keep: true }]);
      expect(await found(id)).toHaveLength(2);
    });

    it('keeps what ignored users do only if the gateway sent it', async () => {
      const [ours, unknown] = [makeEvent(randomUUID(), { at: Date.now() }), randomUUID()];
      ours.data.sallyport.cluster = { id: 'dev', name: 'dev' };
      await open().stores.events.add([ours]);
      const ignored = (id: string) => ({ event: makeClusterEvent(id, Date.now()), keep: false });
      await events().add('dev', [ignored(ours.data.auditID), ignored(unknown)]);
      await events().add('prod', [ignored(ours.data.auditID)]);
      expect(await found(ours.data.auditID)).toHaveLength(1);
      expect(await found(unknown)).toEqual([]);
    });

    it('stores any audit ID that the API server accepts, and any that it does not', async () => {
      for (const id of ['x'.repeat(64), "';--", 'a\0b', 'ü'])
        await events().add('dev', [{ event: makeClusterEvent(id, Date.now()), keep: true }]);
      expect((await found('a\0b')).map(({ auditID }) => auditID)).toEqual(['a\0b']);
      expect(await found("';--")).toHaveLength(1);
    });

    it('drops them with their day, except under a legal hold, and keeps the newest where the number is bounded', async () => {
      const [id, other, at] = [randomUUID(), randomUUID(), Date.UTC(2024, 8, 1)];
      await open().stores.events.prepare(at);
      await events().add('dev', [{ event: makeClusterEvent(id, at), keep: true }]);
      await events().add('dev', [{ event: makeClusterEvent(other, at + day), keep: true }]);
      const holds = [{ name: 'a case', from: at, until: at + day }];
      await open().stores.events.trim({ before: at + day, holds });
      expect(await found(id)).toHaveLength(1);
      await open().stores.events.trim({ before: at + day });
      expect([await found(id), (await found(other)).length]).toEqual([[], 1]);
      await open().stores.events.trim({ keep: 0 });
      expect(await found(other)).toEqual([]);
    });
  });
}
