import { generateKeyPairSync } from 'node:crypto';
import { expect, it, jest } from '@jest/globals';
import { sampleAuditRecord } from '@sallyport/audit-log';
import { keyIdOf, type SignedCheckpoint } from '@sallyport/audit-proof';
import type { AuditRecord } from '@sallyport/contracts';
import { createLogger, createMetrics } from '@sallyport/kit';
import { createCheckpointMetrics } from './checkpoint-metrics.ts';
import { startCheckpointer, type Checkpointer, type CheckpointerDeps } from './create-checkpointer.ts';
import type { ProofStore } from './proof-store.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const keyId = keyIdOf(publicKey);
const hash = 'a'.repeat(64);
const signing = { privateKey, keyId, publicKeys: new Map([[keyId, publicKey]]), everyEvents: 1, every: 100 };

/** Starts a checkpointer with a store that has nothing but what is given, and takes a step every 200 ms. */
const start = (proof: Partial<ProofStore>, more: Partial<CheckpointerDeps>): Checkpointer =>
  startCheckpointer({
    proof: {
      producersSince: async () => [],
      advance: async () => undefined,
      claimGaps: async () => [],
      claimUnpublished: async () => [],
      forget: async () => undefined,
      ...proof,
    } as ProofStore,
    sink: { hasRoom: () => true, enqueue: () => 0 as never },
    logger: createLogger({ service: 'audit', level: 'silent' }),
    metrics: createCheckpointMetrics(undefined),
    now: Date.now,
    retentionMs: 3_600_000,
    stepMs: 200,
    ...more,
  });

function eventOf(seq: number): AuditRecord {
  const record = sampleAuditRecord();
  Object.assign(record.data.sallyport, { producer: 'proxy/a', seq });
  return record;
}

it('attests events that are stored while the heads move, without waiting for another event', async () => {
  jest.useFakeTimers();
  const state = { stored: 1, head: 0, first: 1 };
  const signed: SignedCheckpoint[] = [];
  const storedLater: { by?: Checkpointer } = {};
  const proof: Partial<ProofStore> = {
    async advance() {
      state.head = state.stored;
      if (state.stored > 1) return;
      // The heads do not cover this one yet.
      state.stored = 2;
      storedLater.by!.stored([eventOf(2)]);
    },
    unattested: async () =>
      state.head < state.first ? [] : [{ producer: 'proxy/a', seq: state.head, hash, from: state.first }],
    latest: async () => ({ last: undefined, number: signed.length }),
    async addCheckpoint({ checkpoint }) {
      signed.push(checkpoint);
      state.first = state.head + 1;
      return true;
    },
  };
  const checkpointer = start(proof, {
    signing: { ...signing, everyEvents: 1000 },
  });
  storedLater.by = checkpointer;
  checkpointer.stored([eventOf(1)]);
  await jest.advanceTimersByTimeAsync(1000);
  await checkpointer.close();
  jest.useRealTimers();
  expect(signed.map(({ heads }) => heads[0]!.seq)).toEqual([1, 2]);
});

it('does nothing before it is prepared, and tries that again', async () => {
  jest.useFakeTimers();
  const steps: string[] = [];
  let fails = true;
  const proof: Partial<ProofStore> = {
    async producersSince() {
      steps.push('began');
      return [];
    },
  };
  const checkpointer = start(proof, {
    async prepare() {
      steps.push(fails ? 'failed' : 'prepared');
      if (fails) throw new Error('the disk fails');
    },
  });
  await jest.advanceTimersByTimeAsync(400);
  fails = false;
  await jest.advanceTimersByTimeAsync(600);
  await checkpointer.close();
  jest.useRealTimers();
  expect(steps).toEqual(['failed', 'failed', 'prepared', 'began']);
});

it('signs no number again when another store takes the place of the one that had it, and is prepared before', async () => {
  jest.useFakeTimers();
  const steps: string[] = [];
  let stored = 7;
  const proof: Partial<ProofStore> = {
    unattested: async () => [{ producer: 'proxy/a', seq: 1, hash, from: 1 }],
    latest: async () => ({ last: undefined, number: stored }),
    async addCheckpoint({ checkpoint: { number } }) {
      steps.push(`signed ${number}`);
      // A failover loses this one and the one before it.
      stored = number === 8 ? 6 : number;
      return true;
    },
  };
  const checkpointer = start(proof, {
    async prepare() {
      steps.push('prepared');
      // The trail has them.
      if (stored === 6) stored = 8;
    },
    signing,
  });
  for (let times = 0; times < 3; times += 1) {
    checkpointer.stored([eventOf(1)]);
    await jest.advanceTimersByTimeAsync(200);
  }
  await checkpointer.close();
  jest.useRealTimers();
  expect(steps).toEqual(['prepared', 'signed 8', 'prepared', 'signed 9']);
});

it('signs nothing while the log takes nothing, because that would be in the second place only, and says so', async () => {
  jest.useFakeTimers();
  const signed: SignedCheckpoint[] = [];
  const published: AuditRecord[] = [];
  const metrics = createMetrics();
  const overdue = async () =>
    Number((await metrics.getSingleMetricAsString('sallyport_audit_checkpoint_overdue_seconds')).split(' ').at(-1));
  let hasRoom = false;
  const proof: Partial<ProofStore> = {
    unattested: async () => (signed.length > 0 ? [] : [{ producer: 'proxy/a', seq: 1, hash, from: 1 }]),
    latest: async () => ({ last: undefined, number: signed.length }),
    addCheckpoint: async ({ checkpoint }) => signed.push(checkpoint) > 0,
  };
  const checkpointer = start(proof, {
    sink: { hasRoom: () => hasRoom, enqueue: (record) => void published.push(record) },
    metrics: createCheckpointMetrics(metrics),
    signing,
  });
  checkpointer.stored([eventOf(1)]);
  await jest.advanceTimersByTimeAsync(1000);
  expect(signed).toEqual([]);
  expect(await overdue()).toBe(0.9);
  hasRoom = true;
  await jest.advanceTimersByTimeAsync(1000);
  expect(await overdue()).toBe(0);
  await checkpointer.close();
  jest.useRealTimers();
  expect(signed).toHaveLength(1);
  expect(published).toHaveLength(1);
});

it.each(['advance', 'addCheckpoint'] as const)(
  'says that a checkpoint is overdue while the database hangs: %s',
  async (operation) => {
    jest.useFakeTimers();
    const metrics = createMetrics();
    let release = () => {};
    const checkpointer = start(
      {
        unattested: async () => [{ producer: 'proxy/a', seq: 1, hash, from: 1 }],
        latest: async () => ({ last: undefined, number: 0 }),
        addCheckpoint: async () => true,
        [operation]: () => new Promise((resolve) => (release = () => resolve(true))),
      },
      { metrics: createCheckpointMetrics(metrics), signing },
    );
    checkpointer.stored([eventOf(1)]);
    await jest.advanceTimersByTimeAsync(10_000);
    const text = await metrics.getSingleMetricAsString('sallyport_audit_checkpoint_overdue_seconds');
    expect(Number(text.split(' ').at(-1))).toBeGreaterThan(9);
    const closed = checkpointer.close();
    release();
    await closed;
    jest.useRealTimers();
  },
);

it('publishes what a process before it left, once the trail has everything that this process wrote', async () => {
  jest.useFakeTimers();
  const signed: SignedCheckpoint[] = [];
  const published: AuditRecord[] = [];
  const left = { number: 1, time: '2026-01-01T00:00:00.000Z', heads: [], keyId, signature: '' } as SignedCheckpoint;
  const proof: Partial<ProofStore> = {
    unattested: async () => (signed.length > 0 ? [] : [{ producer: 'proxy/a', seq: 1, hash, from: 1 }]),
    latest: async () => ({ last: { checkpoint: left, hash }, number: 1 + signed.length }),
    addCheckpoint: async ({ checkpoint }) => signed.push(checkpoint) > 0,
    markPublished: async () => undefined,
    claimUnpublished: async (before, now) => (before > now ? [{ checkpoint: left, hash }] : []),
  };
  const checkpointer = start(proof, {
    sink: { hasRoom: () => true, enqueue: (record) => void published.push(record) },
    isAlone: true,
    signing,
  });
  const numbers = () => published.map(({ data }) => data.sallyport.checkpoint?.number);
  checkpointer.stored([eventOf(1)]);
  await jest.advanceTimersByTimeAsync(5000);
  expect(numbers()).toEqual([2]);
  // The own checkpoint comes back.
  checkpointer.stored([...published]);
  await jest.advanceTimersByTimeAsync(1000);
  await checkpointer.close();
  jest.useRealTimers();
  expect(numbers()).toEqual([2, 1]);
});
