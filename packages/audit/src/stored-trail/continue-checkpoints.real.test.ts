import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sampleAuditRecord, toLine } from '@sallyport/audit-log';
import {
  createSealer,
  createTrailSurvey,
  createVerifier,
  hashCheckpoint,
  keyIdOf,
  signCheckpoint,
  type SignedCheckpoint,
} from '@sallyport/audit-proof';
import type { AuditCheckpoint, AuditRecord } from '@sallyport/contracts';
import { createLogger } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createPgliteDatabase } from '../database/pglite-database.ts';
import type { SqlDatabase } from '../database/sql-database.ts';
import { startCheckpointer } from '../proof/create-checkpointer.ts';
import { createCheckpointMetrics } from '../proof/checkpoint-metrics.ts';
import { continueTrail } from '../proof/continue-trail.ts';
import { createStores } from '../stores/open-stores.ts';
import { continueIn } from './continue-checkpoints.ts';
import { readStoredTrail } from './read-stored-trail.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const keyId = keyIdOf(publicKey);
const now = Date.now();

/** A trail of one producer with two checkpoints. `from` is the first event that is left of it. */
function makeTrail(from = 1) {
  const sealer = createSealer({ producer: 'sallyport/1' });
  const checkpoints: SignedCheckpoint[] = [];
  const records: AuditRecord[] = [];
  const add = (record: AuditRecord) => {
    sealer.seal(record);
    records.push(record);
  };
  for (const number of [1, 2]) {
    const first = (sealer.head?.seq ?? 0) + 1;
    for (let count = 0; count < 3; count += 1) add(sampleAuditRecord({ time: now - 60_000 + records.length }));
    const last = checkpoints.at(-1);
    checkpoints.push(
      signCheckpoint(
        {
          number,
          time: new Date(now - 30_000 + number).toISOString(),
          heads: [{ producer: sealer.producer, seq: sealer.head!.seq, hash: sealer.head!.hash, from: first }],
          ...(last ? { previous: hashCheckpoint(last) } : {}),
        },
        privateKey,
      ),
    );
    const record = sampleAuditRecord({ time: now - 30_000 + number });
    record.type = 'audit.checkpoint';
    record.data.sallyport = { ...record.data.sallyport, checkpoint: checkpoints.at(-1)! };
    add(record);
  }
  const left = records.slice(from - 1);
  const survey = createTrailSurvey();
  for (const record of left) survey.add(record);
  return { checkpoints, records: left, begins: survey.carried().begins };
}

let database: SqlDatabase;
beforeAll(() => {
  database = createPgliteDatabase({});
});
beforeEach(() => database.transaction([{ sql: 'drop schema public cascade' }, { sql: 'create schema public' }]));
afterAll(() => database.close());

/** Lets the audit service sign its next checkpoint, stores that, and returns it. */
async function signNext(stores: ReturnType<typeof createStores>, records: readonly AuditRecord[]) {
  const published: AuditRecord[] = [];
  const checkpointer = startCheckpointer({
    proof: stores.proof,
    sink: { hasRoom: () => true, enqueue: (record) => void published.push(record) },
    logger: createLogger({ service: 'audit', level: 'silent' }),
    metrics: createCheckpointMetrics(undefined),
    now: Date.now,
    retentionMs: 86_400_000,
    stepMs: 20,
    signing: { privateKey, keyId, publicKeys: new Map([[keyId, publicKey]]), everyEvents: 1, every: 0 },
  });
  checkpointer.stored(records);
  await until(() => published.length > 0);
  await checkpointer.close();
  const sealer = createSealer({ producer: 'audit/2' });
  for (const record of published) sealer.seal(record);
  await stores.events.add(published);
  return published[0]!.data.sallyport.checkpoint!;
}

async function verify() {
  const verifier = createVerifier({ keys: new Map([[keyId, publicKey]]) });
  await readStoredTrail((sql, values = []) => database.query({ sql, values }), {
    event: ({ position, ...event }) => verifier.add({ ...event, place: { source: 'audit_events', position } }),
    place: (place) => verifier.addKept({ ...place, place: { source: 'audit_folded', position: place.seq } }),
    repeat: ({ position, ...event }) => verifier.add({ ...event, place: { source: 'audit_repeats', position } }),
    checkpoint: (checkpoint, position) =>
      verifier.addAnchored({
        checkpoint: checkpoint as AuditCheckpoint,
        place: { source: 'audit_checkpoints', position },
      }),
    read: () => undefined,
  });
  return verifier.finish();
}

describe('a store that is told of the checkpoints of an imported trail', () => {
  it('continues them, so that the whole trail passes the verification', async () => {
    const { records, ...carried } = makeTrail();
    expect(await continueIn(database, carried)).toBe(2);
    expect(await continueIn(database, carried)).toBe(0);
    const stores = createStores(database);
    await stores.events.add(records);
    const next = await signNext(stores, records);
    expect(next).toMatchObject({ number: 3, previous: hashCheckpoint(carried.checkpoints[1]!) });
    expect(await verify()).toMatchObject({ faults: [], events: 9, checkpoints: { count: 3 } });
    // A second run, after the service has gone on.
    expect(await continueIn(database, carried)).toBe(0);
  });

  it('misses nothing of a chain whose first events retention has deleted', async () => {
    const { records, ...carried } = makeTrail(3);
    await continueIn(database, carried);
    const stores = createStores(database);
    await stores.events.add(records);
    await stores.proof.advance(['sallyport/1']);
    expect(await stores.proof.unattested(10)).toMatchObject([{ producer: 'sallyport/1', from: 3, seq: 8 }]);
    expect(await stores.proof.claimGaps(Date.now() + 86_400_000, Date.now())).toEqual([]);
  });

  it('takes only those that are new since the last time', async () => {
    const { checkpoints } = makeTrail();
    expect(await continueIn(database, { checkpoints: checkpoints.slice(0, 1), begins: [] })).toBe(1);
    expect(await continueIn(database, { checkpoints, begins: [] })).toBe(1);
    expect((await createStores(database).proof.latest(keyId)).number).toBe(2);
  });

  it('refuses them if it has signed others', async () => {
    const [own, other] = [makeTrail(), makeTrail()];
    await continueIn(database, own);
    await expect(continueIn(database, other)).rejects.toThrow('do not continue those of the trail');
  });

  it('takes the first of two with one number, and those after them', async () => {
    const { checkpoints } = makeTrail();
    const [fork] = makeTrail().checkpoints;
    await continueIn(database, { checkpoints: [checkpoints[0]!, fork!, ...checkpoints], begins: [] });
    const { last, number } = await createStores(database).proof.latest(keyId);
    expect([number, last!.hash]).toEqual([2, hashCheckpoint(checkpoints[1]!)]);
  });
});

/** Lets a store go on with the trail that has these events. */
const fill = (stores: ReturnType<typeof createStores>, records: readonly AuditRecord[]) =>
  continueTrail(stores.proof, records.map(toLine), { keys: new Map([[keyId, publicKey]]) });

describe('a new store that is filled from the files of a trail', () => {
  it('goes on with the last checkpoint, also if it signs before all events are back', async () => {
    const { records, checkpoints } = makeTrail();
    const stores = createStores(database);
    await fill(stores, records);
    await stores.events.add(records.slice(0, 2));
    const next = await signNext(stores, records.slice(0, 2));
    expect(next).toMatchObject({ number: 3, previous: hashCheckpoint(checkpoints[1]!) });
    await stores.events.add(records);
    expect(await verify()).toMatchObject({ faults: [], events: 9 });
  });

  it('does not go on with a checkpoint that another key has signed', async () => {
    const { records, checkpoints } = makeTrail();
    const forged = sampleAuditRecord({ time: now });
    forged.type = 'audit.checkpoint';
    const checkpoint = { ...checkpoints[1]!, number: 1000 };
    forged.data.sallyport = { ...records.at(-1)!.data.sallyport, seq: 9, checkpoint };
    const stores = createStores(database);
    await fill(stores, [...records, forged]);
    expect(await stores.proof.latest(keyId)).toMatchObject({ number: 2 });
  });

  it('misses nothing where events were deleted, before the oldest files or behind those of a legal hold', async () => {
    const { records } = makeTrail();
    for (const [left, from] of [
      [records.slice(2), 3],
      [[...records.slice(0, 2), ...records.slice(4)], 5],
    ] as const) {
      const own = createPgliteDatabase({});
      const stores = createStores(own);
      await fill(stores, left);
      await stores.events.add(left);
      await stores.proof.advance(['sallyport/1']);
      expect(await stores.proof.unattested(10)).toMatchObject([{ producer: 'sallyport/1', from, seq: 8 }]);
      expect(await stores.proof.claimGaps(Date.now() + 86_400_000, Date.now())).toEqual([]);
      await stores.close();
    }
  });

  it('reads nothing once it has begun', async () => {
    const { records } = makeTrail();
    const stores = createStores(database);
    await stores.proof.advance(['sallyport/1']);
    await fill(stores, records);
    expect((await stores.proof.latest(keyId)).number).toBe(0);
  });

  it('stops reading when it is told to', async () => {
    const { records } = makeTrail();
    const stores = createStores(database);
    const ends = new AbortController();
    const lines = (function* () {
      yield toLine(records[0]!);
      ends.abort(new Error('closing'));
      yield toLine(records[1]!);
    })();
    await expect(continueTrail(stores.proof, lines, { keys: new Map(), signal: ends.signal })).rejects.toThrow(
      'closing',
    );
    expect(await stores.proof.isNew()).toBe(true);
  });
});
