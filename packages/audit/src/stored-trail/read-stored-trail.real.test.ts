import { generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sampleAuditRecord } from '@sallyport/audit-log';
import {
  createSealer,
  createVerifier,
  hashCheckpoint,
  keyIdOf,
  signCheckpoint,
  type SignedCheckpoint,
  type TrailReport,
} from '@sallyport/audit-proof';
import type { AuditCheckpoint, AuditRecord } from '@sallyport/contracts';
import { createPgliteDatabase } from '../database/pglite-database.ts';
import type { SqlDatabase } from '../database/sql-database.ts';
import { eventColumnNames, placeColumnNames } from '../events/event-row.ts';
import { createStores } from '../stores/open-stores.ts';
import { readStoredTrail } from './read-stored-trail.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 10, 20, 12);
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const keys = new Map([[keyIdOf(publicKey), publicKey]]);
const proxy = createSealer({ producer: 'proxy/a' });
const other = createSealer({ producer: 'proxy/b' });
const auditor = createSealer({ producer: 'audit/a' });

function makeEvent(index: number): AuditRecord {
  const record = sampleAuditRecord({
    session: index % 2 === 0 ? 'one' : 'two',
    time: start + index * 1000 + 0.125,
    data: {
      verb: 'list',
      objectRef: { resource: 'pods', subresource: 'exec', namespace: 'ü\0\ud800', name: 'n'.repeat(900) },
    },
  });
  record.data.sallyport.exec = { container: 'main', command: ['sh', '-c', 'rm -rf /'], tty: false, stdin: false };
  record.data.sallyport.elevation = { id: 'e1', name: 'incident' };
  return record;
}
/** An event of a caller who is not logged in. The store keeps one for all of them. */
function makeAnonymous(index: number): AuditRecord {
  const record = makeEvent(index);
  record.key = '-/-';
  record.data.user = {};
  delete record.data.sallyport.identity;
  return record;
}
function makeCheckpoint(index: number, checkpoint: AuditCheckpoint): AuditRecord {
  const record = sampleAuditRecord({ session: '-', time: start + index * 1000, data: { user: {}, verb: 'sign' } });
  record.type = 'audit.checkpoint';
  record.data.sallyport = { producer: '', checkpoint };
  return record;
}

let database: SqlDatabase;
const run = async (sql: string, values: unknown[] = []) => (await database.query({ sql, values }))[0] ?? {};
const checkpoints: SignedCheckpoint[] = [];
const records: AuditRecord[] = [];

async function verify(): Promise<TrailReport> {
  const verifier = createVerifier({ keys });
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
const faults = async () =>
  (await verify()).faults.map(({ kind, producer, seq, id }) => [
    kind,
    producer,
    seq,
    ...(id === undefined ? [] : [id]),
  ]);
const named = (index: number) => {
  const { id, data } = records[index]!;
  return [data.sallyport.producer, data.sallyport.seq, id];
};

function sign(heads: SignedCheckpoint['heads'], index: number): void {
  const last = checkpoints.at(-1);
  const checkpoint = signCheckpoint(
    {
      number: checkpoints.length + 1,
      time: new Date(start + index * 1000).toISOString(),
      heads,
      ...(last ? { previous: hashCheckpoint(last) } : {}),
    },
    privateKey,
  );
  checkpoints.push(checkpoint);
  const record = makeCheckpoint(index, checkpoint);
  auditor.seal(record);
  records.push(record);
}

beforeAll(async () => {
  database = createPgliteDatabase({});
  const stores = createStores(database);
  for (let index = 0; index < 8; index += 1) {
    const record = index === 3 || index === 4 ? makeAnonymous(index) : makeEvent(index);
    // An event of the gateway itself, after anonymous ones of its batch, which are stored later.
    if (index === 5) record.key = '-/-';
    (index === 6 ? other : proxy).seal(record);
    records.push(record);
  }
  const heads = [
    { producer: 'proxy/a', from: 1, ...proxy.head! },
    { producer: 'proxy/b', from: 1, ...other.head! },
  ];
  sign(heads, 8);
  const late = makeEvent(9);
  proxy.seal(late);
  records.push(late);
  sign([{ producer: 'proxy/a', from: 8, ...proxy.head! }], 10);
  // Partitions of a topic arrive in any order, and events arrive again.
  await stores.events.add([records[1]!, records[0]!, ...records.slice(2)]);
  await stores.events.add(records.slice(2, 6));
  for (const checkpoint of checkpoints)
    await stores.proof.addCheckpoint({ checkpoint, hash: hashCheckpoint(checkpoint) }, start);
});
afterAll(() => database.close());

describe('the trail in the store', () => {
  beforeEach(async () => void (await run('begin')));
  afterEach(async () => void (await run('rollback')));
  const where = 'where id = $1';
  const idOf = (index: number) => records[index]!.id;

  it('has no fault as it is, also where only the places of events are left', async () => {
    const report = await verify();
    expect(report.faults).toEqual([]);
    expect(report).toMatchObject({ events: records.length, hashOnly: 1, repeated: 0, unattested: 2 });
    expect(report.checkpoints.count).toBe(2);
  });

  it('covers every column of the table', async () => {
    const rows = await database.query({
      sql: `select column_name as name from information_schema.columns where table_name = 'audit_events'`,
    });
    const verified = [...eventColumnNames, ...placeColumnNames, 'ingest', 'terms'];
    expect(new Set(rows.map(({ name }) => name))).toEqual(new Set(verified));
  });

  it('names an event of which a byte was changed, in its data or in what searches read', async () => {
    const text = 'update audit_events set data =';
    for (const change of [
      `${text} replace(data, '"verb":"list"', '"verb":"get"')`,
      `${text} replace(data, '"verb":"list"', '"verb":"get","verb":"list"')`,
      `${text} replace(data, '"verb"', '"verb')`,
      `${text} '[]'`,
      `update audit_events set verb = 'get'`,
      `update audit_events set username = null`,
      `update audit_events set terms = terms[2:]`,
      `update audit_events set seq = 77`,
      `update audit_events set type = 'http.request'`,
      `update audit_events set time = time + interval '1 second'`,
    ]) {
      await run('savepoint before');
      await run(`${change} ${where}`, [idOf(2)]);
      expect([change, ...(await faults())]).toEqual([change, ['altered', ...named(2)]]);
      await run('rollback to before');
    }
  });

  it('names the one that counts several anonymous ones, and the place of another', async () => {
    await run(`update audit_events set data = replace(data, '"verb":"list"', '"verb":"get"') ${where}`, [idOf(4)]);
    expect(await faults()).toEqual([['altered', ...named(4)]]);
    await run('rollback');
    await run('begin');
    await run('delete from audit_folded where seq = 4');
    expect(await faults()).toEqual([['missing', 'proxy/a', 4]]);
  });

  it('names an event that was deleted, and two that were swapped', async () => {
    await run(`delete from audit_events ${where}`, [idOf(5)]);
    expect(await faults()).toEqual([['missing', 'proxy/a', named(5)[1]]]);
    await run('rollback');
    await run('begin');
    const swap =
      'update audit_events set ingest = case id when $1 then $3::bigint else $4::bigint end where id in ($1, $2)';
    const ingest = async (index: number) =>
      (await run(`select ingest::integer as ingest from audit_events ${where}`, [idOf(index)])).ingest;
    await run(swap, [idOf(0), idOf(2), await ingest(2), await ingest(0)]);
    expect(await faults()).toEqual([['reordered', ...named(2)]]);
    await run('rollback');
    await run('begin');
    await run(
      `update audit_events set data = other.data from audit_events as other where audit_events.id in ($1, $2) and other.id in ($1, $2) and other.id <> audit_events.id`,
      [idOf(0), idOf(2)],
    );
    expect(await faults()).toEqual(
      expect.arrayContaining([
        ['altered', ...named(0)],
        ['altered', ...named(2)],
      ]),
    );
    expect(await faults()).toHaveLength(2);
  });

  it('names what was cut off, and a producer that was removed, by what a checkpoint attests', async () => {
    await run(`delete from audit_events ${where}`, [idOf(9)]);
    expect(await faults()).toEqual([['truncated', 'proxy/a', 8]]);
    await run('rollback');
    await run('begin');
    await run(`delete from audit_events where producer = 'proxy/b'`);
    expect(await faults()).toEqual([['producer-missing', 'proxy/b', 1]]);
  });

  it('names a forged checkpoint, in the trail and in its table', async () => {
    const { number, time, heads } = checkpoints[0]!;
    const forged = signCheckpoint({ number, time, heads: heads.slice(1) }, generateKeyPairSync('ed25519').privateKey);
    const record = structuredClone(records[8]!);
    record.data.sallyport.checkpoint = forged;
    createSealer({ producer: 'audit/a' }).seal(record);
    await run(`update audit_events set data = $2, hash = decode($3, 'hex') ${where}`, [
      record.id,
      JSON.stringify(record.data),
      record.data.sallyport.hash,
    ]);
    expect(await faults()).toContainEqual(['forged-checkpoint', ...named(8)]);
    await run('rollback');
    await run('begin');
    await run('update audit_checkpoints set checkpoint = $1 where number = 2', [JSON.stringify(forged)]);
    expect(await faults()).toEqual([['forged-checkpoint', undefined, undefined]]);
  });

  it('says when searches cannot find events, because their block is gone', async () => {
    await run('delete from audit_blocks');
    const report = await verify();
    expect(report.faults[0]).toMatchObject({ kind: 'altered', detail: expect.stringContaining('audit_blocks') });
  });
});

describe('events with the id of a stored one', () => {
  const own = createSealer({ producer: 'authorize/a' });
  const again = createSealer({ producer: 'authorize/b' });
  const conflicts: number[] = [];
  const sealed = (sealer: typeof own, record: AuditRecord) => {
    const copy = structuredClone(record);
    sealer.seal(copy);
    return copy;
  };
  const verifyOf = async () => {
    const report = await verify();
    return [
      report.faults
        .filter(({ producer = '' }) => producer.startsWith('authorize'))
        .map(({ kind, producer, seq }) => [kind, producer, seq]),
      report.producers
        .filter(({ producer }) => producer.startsWith('authorize'))
        .map(({ producer, events }) => [producer, events]),
    ];
  };
  let [first, second]: AuditRecord[] = [];
  beforeAll(async () => {
    const stores = createStores(database, undefined, (count) => void conflicts.push(count));
    [first, second] = [makeEvent(30), makeEvent(31)];
    const before = sealed(again, makeEvent(32));
    // The same event was sent by two replicas, and again by the first of them. Kafka delivers some of them twice.
    const sent = [
      sealed(own, first),
      sealed(own, second),
      before,
      sealed(again, first),
      sealed(own, first),
      sealed(again, second),
    ];
    await stores.events.add(sent.slice(0, 4));
    await stores.events.add(sent.slice(2));
    await stores.events.add([...sent, sealed(own, makeEvent(33))]);
    await stores.proof.advance([own.producer, again.producer]);
  });

  it('keep their places, each once, so that every chain is whole and its head moves on', async () => {
    expect(await verifyOf()).toEqual([
      [],
      [
        ['authorize/a', 4],
        ['authorize/b', 3],
      ],
    ]);
    expect((await run('select count(*)::integer as count from audit_repeats')).count).toBe(3);
    const heads = await database.query({
      sql: `select producer, seq::integer from audit_heads where producer like 'authorize%' order by producer`,
    });
    expect(heads).toEqual([
      { producer: 'authorize/a', seq: 4 },
      { producer: 'authorize/b', seq: 3 },
    ]);
    expect(conflicts).toEqual([]);
  });

  it('do not hide an event that was deleted', async () => {
    const [one, two] = [first!, second!];
    const hide = async (as: { id: string; time: string }) => {
      await run('begin');
      await run(
        `insert into audit_repeats (time, id, producer, seq, prev_hash, hash)
          select $1, $2, producer, seq, prev_hash, hash from audit_events where id = $3`,
        [as.time, as.id, two.id],
      );
      await run('delete from audit_events where id = $1', [two.id]);
      const [found] = await verifyOf();
      await run('rollback');
      return found;
    };
    expect(await hide(one)).toEqual([['altered', 'authorize/a', 2]]);
    expect(await hide(two)).toEqual([['missing', 'authorize/a', 2]]);
    expect(await hide({ id: one.id, time: two.time })).toEqual([['missing', 'authorize/a', 2]]);
  });

  it('are kept and named if they say something else, and counted once', async () => {
    const stores = createStores(database, undefined, (count) => void conflicts.push(count));
    const other = structuredClone(first!);
    other.data.verb = 'delete';
    const sent = createSealer({ producer: 'authorize/c' });
    sent.seal(other);
    await stores.events.add([other]);
    await stores.events.add([other]);
    expect(conflicts).toEqual([1]);
    expect(await verifyOf()).toEqual([[['altered', 'authorize/c', 1]], expect.arrayContaining([['authorize/c', 1]])]);
    const unchained = structuredClone(first!);
    unchained.data.verb = 'watch';
    await stores.events.add([unchained]);
    await stores.events.add([unchained]);
    expect(conflicts).toEqual([1, 1]);
    expect((await verify()).unchained).toBe(1);
    await run(`delete from audit_repeats where event is not null`);
  });

  it('are named if what is kept of them cannot be read', async () => {
    const odd = { toString: 1, valueOf: 1 };
    const texts = ['null', '5', '{}', 'x', `${'['.repeat(10_000)}`, { time: odd }, { id: odd }, { data: 5 }];
    for (const [index, change] of texts.entries()) {
      const text = typeof change === 'string' ? change : JSON.stringify({ ...first, ...change });
      await run('begin');
      await run(
        `insert into audit_repeats (time, id, producer, seq, prev_hash, hash, event)
          select time, id, 'authorize/d', $2, prev_hash, hash, $3 from audit_events where id = $1`,
        [first!.id, index % 2, text],
      );
      const { faults } = await verify();
      await run('rollback');
      expect([text, faults.length]).toEqual([text, 1]);
      expect(faults[0]!.kind).toBe('altered');
    }
  });

  it('go with their day', async () => {
    const stores = createStores(database);
    const late = makeEvent(3 * 86_400);
    await stores.events.add([sealed(own, late), sealed(again, late)]);
    await stores.events.trim({ before: start + 5 * day });
    expect((await run('select count(*)::integer as count from audit_repeats')).count).toBe(0);
  });
});

it('tells up to when the places of anonymous events were deleted', async () => {
  const stores = createStores(database);
  const read = () =>
    readStoredTrail((sql, values = []) => database.query({ sql, values }), {
      event: () => undefined,
      place: () => undefined,
      repeat: () => undefined,
      checkpoint: () => undefined,
      read: () => undefined,
    });
  expect(await read()).toEqual({});
  await stores.events.add([makeAnonymous(20), makeAnonymous(21)].map((record) => (proxy.seal(record), record)));
  await stores.events.trim({ keepPlaces: 1 });
  expect(await read()).toEqual({ forgotten: expect.stringMatching(/^2026-11-20T12:00:2\d\.000125Z$/) });
  await stores.events.trim({ before: start + 2 * day });
});
