import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  createSealer,
  createVerifier,
  hashCheckpoint,
  keyIdOf,
  signCheckpoint,
  type Sealer,
} from '@sallyport/audit-proof';
import type { AuditRecord } from '@sallyport/contracts';
import { createLogger } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createCheckpointMetrics } from '../proof/checkpoint-metrics.ts';
import { startCheckpointer, type Checkpointer, type CheckpointerDeps } from '../proof/create-checkpointer.ts';
import { makeEvent, midday, type AuditStoreHarness } from './audit-store-harness.ts';

const pair = generateKeyPairSync('ed25519');
const keyId = keyIdOf(pair.publicKey);
const publicKeys = new Map([[keyId, pair.publicKey]]);
const logger = createLogger({ service: 'audit', level: 'silent' });
let count = 0;

function sealed(sealer: Sealer, events: number, changes: Parameters<typeof makeEvent>[1] = {}): AuditRecord[] {
  return Array.from({ length: events }, () => {
    const record = makeEvent(crypto.randomUUID(), changes);
    sealer.seal(record);
    return record;
  });
}
const newSealer = () => createSealer({ producer: `proxy/test-${(count += 1)}` });

/** The rules of the heads and checkpoints of every audit store. */
export function describeProof(harness: () => AuditStoreHarness): void {
  const proof = () => harness().stores.proof;
  const add = async (records: readonly AuditRecord[]) => {
    await harness().stores.events.add(records);
    await proof().advance([...new Set(records.map(({ data }) => data.sallyport.producer))]);
  };
  const headOf = async ({ producer }: Sealer) =>
    (await proof().unattested(1000)).find((head) => head.producer === producer);

  describe('the head of a chain', () => {
    it('is the last event whose predecessors are all stored, in whatever order and through whichever replica', async () => {
      const sealer = newSealer();
      const records = sealed(sealer, 6);
      await add([records[0]!, records[2]!]);
      expect(await headOf(sealer)).toMatchObject({ seq: 1, from: 1, hash: records[0]!.data.sallyport.hash });
      await add([records[5]!, records[3]!]);
      expect(await headOf(sealer)).toMatchObject({ seq: 1 });
      const replica = harness().replica();
      await Promise.all([
        add([records[1]!]),
        replica.events.add([records[4]!]).then(() => replica.proof.advance([sealer.producer])),
        add(records),
      ]);
      await replica.close();
      await proof().advance([sealer.producer]);
      const { time } = records[0]!;
      expect(await headOf(sealer)).toEqual({
        producer: sealer.producer,
        from: 1,
        ...sealer.head,
        fromTime: time,
        seqTime: time,
      });
      expect(await proof().producersSince(midday - 1)).toContain(sealer.producer);
    });

    it('counts events whose content is aggregated', async () => {
      const sealer = newSealer();
      const records = sealed(sealer, 4, { code: 401 }).map((record) => {
        delete record.data.sallyport.identity;
        return record;
      });
      const again = createSealer({ producer: sealer.producer });
      for (const record of records) again.seal(record);
      await add(records);
      expect(await headOf(sealer)).toMatchObject({ seq: 4, hash: again.head!.hash });
    });

    it('is closed once the producer said that it ends', async () => {
      const sealer = newSealer();
      const records = sealed(sealer, 2);
      const closing = { ...makeEvent('-'), type: 'audit.checkpoint' as const };
      closing.data.sallyport.checkpoint = { closing: true };
      sealer.seal(closing);
      await add(records);
      expect(await headOf(sealer)).not.toHaveProperty('closed');
      await add([closing]);
      expect(await headOf(sealer)).toMatchObject({ seq: 3, closed: true });
    });

    it('stays before a gap, which is reported once, and then continues after it', async () => {
      const sealer = newSealer();
      const records = sealed(sealer, 6);
      await add(records.toSpliced(2, 2));
      const later = Date.now() + 60_000;
      expect(await proof().claimGaps(Date.now() - 60_000, later)).toEqual([]);
      const gaps = await proof().claimGaps(later, later + 1);
      const gap = gaps.find(({ producer }) => producer === sealer.producer)!;
      expect(gap).toMatchObject({ from: 3, to: 4, isBroken: false });
      expect(await proof().claimGaps(later, later)).toEqual([]);
      for (const one of gaps) await proof().closeGap(one);
      await proof().advance([sealer.producer]);
      expect(await headOf(sealer)).toMatchObject({ producer: sealer.producer, from: 5, ...sealer.head });
    });

    it('stays before an event that does not continue its chain', async () => {
      const [sealer, other] = [newSealer(), createSealer({ producer: `proxy/test-${count}` })];
      const [records, forged] = [sealed(sealer, 3), sealed(other, 3)];
      await add([records[0]!, records[1]!, forged[2]!]);
      expect(await headOf(sealer)).toMatchObject({ seq: 2 });
      const later = Date.now() + 60_000;
      const gap = (await proof().claimGaps(later, later + 1)).find(({ producer }) => producer === sealer.producer)!;
      expect(gap).toMatchObject({ from: 3, to: 3, isBroken: true });
      await proof().closeGap(gap);
      await proof().advance([sealer.producer]);
      expect(await headOf(sealer)).toMatchObject({ from: 3, seq: 3 });
    });
  });

  describe('checkpoints', () => {
    it('follow each other, whichever replica is faster', async () => {
      const sealer = newSealer();
      await add(sealed(sealer, 3));
      const { last, number } = await proof().latest(keyId);
      const sign = (time: string) => {
        const heads = [{ producer: sealer.producer, from: 1, ...sealer.head! }];
        const checkpoint = signCheckpoint(
          { number: number + 1, time, heads, ...(last ? { previous: last.hash } : {}) },
          pair.privateKey,
        );
        return { checkpoint, hash: hashCheckpoint(checkpoint) };
      };
      const stored = [sign('2026-01-02T00:00:00Z'), sign('2026-01-02T00:00:01Z')];
      const added = await Promise.all(stored.map((one) => proof().addCheckpoint(one, 5000)));
      expect(added.filter(Boolean)).toHaveLength(1);
      const winner = stored[added.indexOf(true)]!;
      expect(await proof().latest(keyId)).toEqual({ last: winner, number: number + 1 });
      expect(await headOf(sealer)).toBeUndefined();

      const mine = (list: { hash: string }[]) => list.filter(({ hash }) => hash === winner.hash);
      expect(mine(await proof().claimUnpublished(4999, 6000))).toHaveLength(0);
      expect(mine(await proof().claimUnpublished(5000, 6000))).toEqual([winner]);
      expect(mine(await proof().claimUnpublished(5000, 6000))).toHaveLength(0);
      await proof().markPublished(keyId, number + 1);
      expect(mine(await proof().claimUnpublished(6000, 7000))).toHaveLength(0);

      expect(mine(await proof().unanchored(1000))).toEqual([winner]);
      await proof().markAnchored([winner.hash]);
      expect(mine(await proof().unanchored(1000))).toHaveLength(0);
      await proof().forget(Date.now());
      expect((await proof().latest(keyId)).last).toEqual(winner);
    });
  });

  describe('the checkpointers of two replicas', () => {
    const running: Checkpointer[] = [];
    afterEach(async () => {
      await Promise.all(running.splice(0).map((one) => one.close()));
    });

    it('sign one line of checkpoints, keep them in a second place, and do not attest only themselves', async () => {
      const trail: AuditRecord[] = [];
      const anchored: string[] = [];
      let isAway = true;
      const start = (changes: Partial<CheckpointerDeps> = {}): Checkpointer => {
        const sealer = createSealer({ producer: `audit/test-${(count += 1)}` });
        const one: Checkpointer = startCheckpointer({
          proof: proof(),
          sink: {
            hasRoom: () => true,
            enqueue(record) {
              sealer.seal(record);
              trail.push(record);
              void add([record]).then(() => one.stored([record]));
            },
          },
          logger,
          metrics: createCheckpointMetrics(undefined),
          now: Date.now,
          signing: { privateKey: pair.privateKey, keyId, publicKeys, everyEvents: 10, every: 30 },
          anchor: async (list) => {
            if (isAway) throw new Error('it is away');
            anchored.push(...list.map(({ hash }) => hash));
          },
          retentionMs: 3_600_000,
          stepMs: 10,
          ...changes,
        });
        running.push(one);
        return one;
      };
      const replicas = [start(), start()];
      const sealer = newSealer();
      for (let round = 0; round < 5; round += 1) {
        const records = sealed(sealer, 7);
        trail.push(...records);
        await add(records);
        replicas[round % 2]!.stored(records);
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
      const attested = async () => (await headOf(sealer)) === undefined;
      await until(attested);
      isAway = false;
      const signed = () => trail.filter(({ type }) => type === 'audit.checkpoint').length;
      // Nothing new comes, so the checkpoints come to an end, too.
      for (let before = -1; before !== signed();) {
        before = signed();
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      const { last } = await proof().latest(keyId);
      await until(() => anchored.includes(last!.hash));
      const verifier = createVerifier({ keys: publicKeys, since: new Date(Date.now() - 60_000).toISOString() });
      for (const [position, record] of trail.entries()) verifier.add({ ...record, place: { source: 't', position } });
      const report = verifier.finish();
      expect(report.faults).toEqual([]);
      expect(report.producers.find(({ producer }) => producer === sealer.producer)).toMatchObject({ attested: 35 });
    });
  });
}
