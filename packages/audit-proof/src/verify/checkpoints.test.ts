import { describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { createSealer } from '../chain/create-sealer.ts';
import { keyIdOf } from '../checkpoint/key-id.ts';
import { hashCheckpoint, signCheckpoint, type SignedCheckpoint } from '../checkpoint/sign-checkpoint.ts';
import {
  auditProducer,
  createSampleTrail,
  faultsOf,
  foreignKey,
  keys,
  ownKey,
  verifyRecords,
} from '../testing/sample-trail.ts';

/** Lines 1 to 17: four rounds of two events of `a`, one of `b` and a checkpoint; one event of `a` at the end. */
function attested() {
  const trail = createSampleTrail();
  for (let round = 0; round < 4; round += 1) {
    trail.write('a', 2);
    trail.write('b');
    trail.attest();
  }
  trail.write('a');
  return { records: structuredClone(trail.records), checkpoints: trail.checkpoints };
}
const checkpointLine = (number: number) => 4 * number - 1;

/** Replaces the checkpoint in a record, and seals the record again at its place, as anyone could. */
function replace(record: AuditRecord, checkpoint: object): void {
  const { seq, prevHash } = record.data.sallyport;
  record.data.sallyport.checkpoint = checkpoint;
  createSealer({ producer: auditProducer, head: { seq: seq! - 1, hash: prevHash! } }).seal(record);
}

/** Seals all events of a producer again, as anyone could. */
function reseal(records: readonly AuditRecord[], producer: string): void {
  const sealer = createSealer({ producer });
  for (const record of records) if (record.data.sallyport.producer === producer) sealer.seal(record);
}

describe('a trail with checkpoints', () => {
  it('is proven up to the last one', () => {
    const { records } = attested();
    const report = verifyRecords(records, { keys });
    expect(report.faults).toEqual([]);
    expect(report.checkpoints).toMatchObject({ checked: true, count: 4, first: { number: 1 }, last: { number: 4 } });
    expect(report.producers).toMatchObject([
      { producer: 'a', last: 9, attested: 8 },
      { producer: auditProducer, last: 4, attested: 3 },
      { producer: 'b', last: 4, attested: 4 },
    ]);
    expect(report.unattested).toBe(2);
    expect(verifyRecords(records).checkpoints).toEqual({ checked: false, count: 4 });
  });

  it('may begin at any checkpoint, but then needs what comes after it', () => {
    const { records } = attested();
    for (const start of [4, 5, 7, 8, 11]) expect(faultsOf(verifyRecords(records.slice(start), { keys }))).toEqual([]);
    const rest = records.slice(checkpointLine(2)).filter(({ data }) => data.sallyport.producer !== 'b');
    expect(faultsOf(verifyRecords(rest, { keys }))).toEqual(['producer-missing b 3-4']);
  });

  it('shows nothing without a checkpoint', () => {
    const { records } = attested();
    const report = verifyRecords(
      records.filter(({ type }) => type === 'k8s.request'),
      { keys },
    );
    expect(faultsOf(report)).toEqual(['truncated - 0']);
  });

  it('names a producer whose events were all removed', () => {
    const { records } = attested();
    const rest = records.filter(({ data }) => data.sallyport.producer !== 'b');
    expect(faultsOf(verifyRecords(rest))).toEqual([]);
    expect(faultsOf(verifyRecords(rest, { keys }))).toEqual(['producer-missing b 1-4']);
    const alone = rest.filter(({ type }) => type !== 'audit.checkpoint');
    expect(faultsOf(verifyRecords(alone, { keys, anchored: attested().checkpoints })).length).toBeGreaterThan(0);
  });

  it('names a producer that was removed together with the checkpoints, by the second place', () => {
    const { records, checkpoints } = attested();
    const rest = records.filter(({ data }) => data.sallyport.producer === 'a');
    expect(faultsOf(verifyRecords(rest, { keys, anchored: checkpoints })).sort()).toEqual([
      `producer-missing ${auditProducer} 1-3`,
      'producer-missing b 1-4',
    ]);
  });

  it('names what was cut off at the end, by the second place', () => {
    const { records, checkpoints } = attested();
    const rest = records.slice(0, 9);
    expect(faultsOf(verifyRecords(rest, { keys }))).toEqual([]);
    const report = verifyRecords(rest, { keys, anchored: checkpoints });
    expect(faultsOf(report).sort()).toEqual([`truncated a 6-8`, `truncated ${auditProducer} 3`, `truncated b 3-4`]);
    expect(report.faults.find(({ producer }) => producer === 'a')?.before).toMatchObject({ seq: 5 });
  });

  it('names what was cut off between the last events and the last checkpoint', () => {
    const { records } = attested();
    const rest = records.toSpliced(14, 1);
    expect(faultsOf(verifyRecords(rest, { keys }))).toEqual(['truncated b 4']);
  });

  it('names what was removed at the beginning', () => {
    const { records } = attested();
    expect(faultsOf(verifyRecords(records.slice(1), { keys }))).toEqual(['missing a 1']);
  });

  it('names where a chain was written anew', () => {
    const { records } = attested();
    records[9]!.data.verb = 'get';
    reseal(records, 'a');
    expect(faultsOf(verifyRecords(records))).toEqual([]);
    expect(faultsOf(verifyRecords(records, { keys }))).toEqual(['altered a 5-6']);
  });

  it('names an event that follows an attested one and does not continue it', () => {
    const { records } = attested();
    const { prevHash } = records[8]!.data.sallyport;
    createSealer({ producer: 'a', head: { seq: 4, hash: prevHash!.replaceAll(/./g, 'a') } }).seal(records[8]!);
    expect(faultsOf(verifyRecords(records, { keys }))).toEqual([`altered a 5 ${records[8]!.id}`]);
  });
});

describe('an event without a place in a chain', () => {
  const loose = (time: string): AuditRecord => {
    const record = { ...structuredClone(attested().records[4]!), id: 'added', time };
    const { seq: _seq, prevHash: _prevHash, hash: _hash, ...part } = record.data.sallyport;
    return { ...record, data: { ...record.data, sallyport: part } };
  };
  const verify = (time: string, since?: string) => {
    const { records } = attested();
    return verifyRecords([...records.slice(0, 6), loose(time), ...records.slice(6)], {
      keys,
      ...(since === undefined ? {} : { since }),
    });
  };

  it('is named with its place, because anyone could have added it', () => {
    for (const time of ['2026-01-02T00:00:03.000Z', '2026-01-02T00:00:00.000Z', '2030-01-01T00:00:00Z', 'x']) {
      const report = verify(time);
      expect([time, ...faultsOf(report)]).toEqual([time, 'unchained - 0 added']);
      expect(report.faults[0]).toMatchObject({ place: { source: 'f', position: 7 } });
    }
  });

  it('is counted if it is older than the chains, or than the beginning of the trail', () => {
    expect(verify('2026-01-01T23:59:59.000Z')).toMatchObject({ faultCount: 0, unchained: 1 });
    expect(verify('2026-01-02T00:00:02.000Z', '2026-01-02T00:00:05Z')).toMatchObject({ faultCount: 0, unchained: 1 });
  });

  it('is named however many events that are older than the chains come before it', () => {
    const { records } = attested();
    const old = loose('2020-01-01T00:00:00.000Z');
    const many = Array.from({ length: 25_000 }, (_none, index) => ({ ...old, id: `old-${index}` }));
    const added = loose('2026-01-02T00:00:03.000Z');
    expect(faultsOf(verifyRecords([...many, ...records, added], { keys }))).toEqual(['unchained - 0 added']);
    expect(faultsOf(verifyRecords([added, ...many, ...records], { keys }))).toEqual(['unchained - 0 added']);
    const { faultCount } = verifyRecords([...many.map((one) => ({ ...one, time: added.time })), ...records], { keys });
    expect(faultCount).toBeGreaterThanOrEqual(10_000);
  });
});

describe('a forged checkpoint', () => {
  const named = (number: number) => [
    `forged-checkpoint ${auditProducer} ${number} ${attested().records[checkpointLine(number)]!.id}`,
  ];
  const forge = (number: number, change: (checkpoint: SignedCheckpoint) => object): string[] => {
    const { records, checkpoints } = attested();
    replace(records[checkpointLine(number)]!, change(structuredClone(checkpoints[number - 1]!)));
    return faultsOf(verifyRecords(records, { keys }));
  };
  const sign = ({ number, time, heads, previous }: SignedCheckpoint, key = foreignKey) =>
    signCheckpoint({ number, time, heads, ...(previous === undefined ? {} : { previous }) }, key.privateKey);

  it.each([2, 3, 4])('is named if its heads were changed (checkpoint %p)', (number) => {
    expect(forge(number, (one) => ({ ...one, heads: one.heads.slice(1) }))).toEqual(named(number));
  });
  it('is named if another key signed it', () => {
    expect(forge(2, sign)).toEqual(named(2));
    expect(forge(2, (one) => ({ ...sign(one), keyId: keyIdOf(ownKey.publicKey) }))).toEqual(named(2));
  });
  it('is named if its signature is spelled in another way, or missing', () => {
    expect(forge(2, (one) => ({ ...one, signature: `${one.signature}=` }))).toEqual(named(2));
    expect(forge(2, ({ signature: _signature, ...one }) => one)).toEqual(named(2));
    expect(forge(2, () => ({}))).toEqual(named(2));
  });
  it('is named without its number if that is not one', () => {
    const { records, checkpoints } = attested();
    replace(records[checkpointLine(2)]!, { ...checkpoints[1]!, number: { toString: 1 } });
    const { faults } = verifyRecords(records, { keys });
    expect(faults[0]).toMatchObject({ kind: 'forged-checkpoint', detail: 'it is not a whole signed checkpoint' });
    expect(faults.map(({ checkpoint }) => checkpoint)).not.toContainEqual(expect.any(Object));
  });
  it.each([
    [3, 1],
    [3, 2],
    [2, 1],
    [4, 1],
    [4, 3],
  ])('is named if checkpoint %p was replaced by checkpoint %p', (number, older) => {
    expect(forge(number, () => attested().checkpoints[older - 1]!)).toEqual(named(number));
  });
  it('is named if it was replaced, and the chain after it was written anew', () => {
    const { records, checkpoints } = attested();
    records[checkpointLine(3)]!.data.sallyport.checkpoint = checkpoints[0]!;
    reseal(records, auditProducer);
    expect(faultsOf(verifyRecords(records, { keys }))).toContain(named(3)[0]);
  });
  it('is named if its owner signed two with one number, or one that does not continue', () => {
    const { records, checkpoints } = attested();
    const trail = [...records];
    const other = sign({ ...checkpoints[1]!, heads: [] }, ownKey);
    replace(trail[checkpointLine(3)]!, other);
    expect(faultsOf(verifyRecords(trail, { keys }))).toContain(named(3)[0]);
    expect(forge(3, (one) => sign({ ...one, previous: 'a'.repeat(64) }, ownKey)).length).toBeGreaterThan(0);
  });
  it('is named in the second place', () => {
    const { records, checkpoints } = attested();
    const report = verifyRecords(records, { keys, anchored: [...checkpoints, sign(checkpoints[3]!)] });
    expect(report.faults).toMatchObject([{ kind: 'forged-checkpoint', place: { source: 'anchor', position: 5 } }]);
  });
  it('is only altered if its event is', () => {
    const { records } = attested();
    records[checkpointLine(2)]!.data.sallyport.checkpoint!.number = 7;
    expect(faultsOf(verifyRecords(records, { keys }))).toEqual([
      `altered ${auditProducer} 2 ${records[checkpointLine(2)]!.id}`,
    ]);
  });
  it('does not count as one fault more if it was removed', () => {
    const { records } = attested();
    expect(faultsOf(verifyRecords(records.toSpliced(checkpointLine(2), 1), { keys }))).toEqual([
      `missing ${auditProducer} 2`,
    ]);
  });
  it('is missed by its number if the chain of its producer was written anew', () => {
    const { records } = attested();
    const rest = records.toSpliced(checkpointLine(2), 1);
    reseal(rest, auditProducer);
    const report = verifyRecords(rest, { keys });
    expect(report.faults.map(({ detail }) => detail)).toContain('checkpoints 2 to 2 between f:4 and f:11 are missing');
  });
});

describe('checkpoints of several replicas and keys', () => {
  it('may be published again by another replica', () => {
    const trail = createSampleTrail();
    trail.write('a', 2);
    const checkpoint = trail.attest();
    trail.add('audit/2', 'audit.checkpoint', { checkpoint });
    trail.write('a', 2);
    trail.attest();
    expect(faultsOf(verifyRecords(trail.records, { keys }))).toEqual([]);
  });

  it('continue with a new key', () => {
    const trail = createSampleTrail();
    trail.write('a', 2);
    const last = trail.attest();
    trail.write('a');
    const head = { producer: 'a', ...trail.sealer('a').head!, from: 3 };
    const checkpoint = signCheckpoint(
      { number: 1, time: '2026-01-02T01:00:00Z', heads: [head], previous: hashCheckpoint(last) },
      foreignKey.privateKey,
    );
    trail.add(auditProducer, 'audit.checkpoint', { checkpoint });
    const both = new Map([...keys, [keyIdOf(foreignKey.publicKey), foreignKey.publicKey]]);
    expect(faultsOf(verifyRecords(trail.records, { keys: both }))).toEqual([]);
    expect(faultsOf(verifyRecords(trail.records, { keys }))).toEqual([
      `forged-checkpoint ${auditProducer} 2 ${trail.records.at(-1)!.id}`,
    ]);
  });
});
