import { describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { canonicalJson } from '../canonical/canonical-json.ts';
import { createSealer } from '../chain/create-sealer.ts';
import { createSampleTrail, faultsOf, keys, verifyRecords } from '../testing/sample-trail.ts';
import { createVerifier } from './create-verifier.ts';

/** Two producers, interleaved: a 1, b 1, a 2, b 2, … in lines 1 to 20. */
function interleaved(): AuditRecord[] {
  const trail = createSampleTrail();
  for (let index = 0; index < 10; index += 1) for (const producer of ['a', 'b']) trail.write(producer);
  return structuredClone(trail.records);
}

const flip = (hash: string): string => `${hash.startsWith('0') ? '1' : '0'}${hash.slice(1)}`;
const faults = (records: readonly (AuditRecord | string)[]) => faultsOf(verifyRecords(records));

describe('a whole trail', () => {
  it('has no fault, and is summed up', () => {
    const report = verifyRecords(interleaved());
    expect(report).toMatchObject({ faultCount: 0, events: 20, repeated: 0, unattested: 20 });
    expect(report.producers).toEqual([
      expect.objectContaining({ producer: 'a', first: 1, last: 10, events: 10, closed: false }),
      expect.objectContaining({ producer: 'b', first: 1, last: 10, events: 10, closed: false }),
    ]);
  });

  it('may contain events again that were delivered twice', () => {
    const records = interleaved();
    const again = [...records.slice(0, 12), ...records.slice(4, 12), ...records.slice(12), records[0]!];
    expect(verifyRecords(again)).toMatchObject({ faultCount: 0, events: 20, repeated: 9 });
  });

  it('may begin in the middle of a chain, and get new producers', () => {
    const records = interleaved().slice(7);
    const trail = createSampleTrail();
    trail.write('c', 3);
    expect(verifyRecords([...records, ...trail.records])).toMatchObject({ faultCount: 0, events: 16 });
  });

  it('may have its events in several sources, in any order of the sources', () => {
    const records = interleaved();
    const verifier = createVerifier();
    const parts = [records.filter((_, index) => index % 3 === 1), records.filter((_, index) => index % 3 !== 1)];
    for (const [part, list] of parts.entries())
      for (const [position, record] of list.entries())
        verifier.add({ ...record, place: { source: `p/${part}`, position } });
    expect(verifier.finish()).toMatchObject({ faultCount: 0, events: 20 });
  });

  it('may contain events with the names of members before version 0.2.0, whose hashes hold', () => {
    const trail = createSampleTrail();
    const older = { decision: { judgedAs: 'create' }, stream: { id: 's', kind: 'exec', reason: 'unjudged' } };
    trail.add('a', 'k8s.request', older);
    trail.write('a');
    const written = structuredClone(trail.records);
    expect(verifyRecords(written)).toMatchObject({ faultCount: 0, events: 2 });
    Object.assign(written[0]!.data.sallyport, { decision: { evaluatedAs: 'create' } });
    expect(faults(written)).toEqual(['altered a 1 id-0']);
  });

  it('may contain events of older versions, which are counted', () => {
    const [old] = interleaved();
    const { seq: _seq, prevHash: _prevHash, hash: _hash, ...part } = old!.data.sallyport;
    const older = { ...old!, data: { ...old!.data, sallyport: part } };
    expect(verifyRecords([older, older, ...interleaved()])).toMatchObject({ faultCount: 0, unchained: 2, events: 20 });
  });

  it('may contain events again that were sent twice, each with a place of its own', () => {
    const trail = createSampleTrail();
    trail.write('a', 2);
    const [, event] = trail.records;
    event!.id = 'a3c8b2de-0001-8000-8000-000000000001';
    const again = structuredClone(event!);
    const sealers = ['a', 'b'].map((producer) => createSealer({ producer }));
    sealers[0]!.seal(trail.records[0]!);
    sealers[0]!.seal(event!);
    sealers[1]!.seal(again);
    expect(faults([...trail.records, again])).toEqual([]);
    // Older versions wrote the time of sending.
    again.time = '2027-01-01T00:00:00.000Z';
    createSealer({ producer: 'b' }).seal(again);
    expect(faults([...trail.records, again])).toEqual([]);
    again.data.verb = 'watch';
    createSealer({ producer: 'b' }).seal(again);
    expect(faults([...trail.records, again])).toEqual([`altered b 1 ${again.id}`]);
    expect(faultsOf(verifyRecords([...trail.records, again], { since: '2027-01-02T00:00:00Z' }))).toEqual([]);
  });

  it('may be compared with a copy, which shows whether only the hash of an event may be kept', () => {
    const records = interleaved();
    const compare = (mayBeKept: boolean, also: readonly AuditRecord[] = []) => {
      const verifier = createVerifier();
      for (const [position, record] of records.entries()) {
        const { producer, seq, prevHash, hash } = record.data.sallyport;
        const at = { source: 'store', position };
        if (seq !== 4) verifier.add({ ...record, place: at });
        else verifier.addKept({ producer, seq, prevHash: prevHash!, hash: hash!, place: at });
      }
      for (const record of also) verifier.add({ ...record, place: { source: 'store', position: 99 } });
      for (const [position, record] of records.entries())
        verifier.compare({ ...record, place: { source: 'topic', position } }, mayBeKept && record.id !== 'id-6');
      return faultsOf(verifier.finish());
    };
    expect(compare(true)).toEqual(['missing a 4 id-6']);
    expect(compare(false)).toEqual(['missing a 4 id-6', 'missing b 4 id-7']);
    // The event itself is there, too.
    expect(compare(true, [records[6]!])).toEqual([]);
  });

  it('may have events of which only the hash is kept, which are counted and linked', () => {
    const records = interleaved();
    const verify = (changed: Partial<{ hash: string }>) => {
      const verifier = createVerifier();
      for (const [index, record] of records.entries()) {
        const place = { source: 'f', position: index + 1 };
        const { producer, seq, prevHash, hash } = record.data.sallyport;
        if (index !== 8) verifier.add({ ...record, place });
        else verifier.addKept({ producer, seq: seq!, prevHash: prevHash!, hash: hash!, ...changed, place });
      }
      return verifier.finish();
    };
    expect(verify({})).toMatchObject({ faultCount: 0, events: 20, hashOnly: 1 });
    expect(faultsOf(verify({ hash: 'a'.repeat(64) }))).toEqual(['altered a 5']);
  });

  it('says which producers have ended', () => {
    const trail = createSampleTrail();
    trail.write('a', 2);
    trail.add('a', 'audit.checkpoint', { checkpoint: { closing: true } });
    expect(verifyRecords(trail.records).producers).toEqual([expect.objectContaining({ last: 3, closed: true })]);
    // With a spool, the producer continues when its process starts again.
    trail.write('a', 2);
    expect(verifyRecords(trail.records)).toMatchObject({ faultCount: 0, producers: [{ last: 5, closed: false }] });
  });
});

describe('a changed event is named, and nothing else', () => {
  const changes: Record<string, (record: AuditRecord) => void> = {
    data: (record) => (record.data.verb = 'liss'),
    'nested data': (record) => (record.data.sallyport.clientAddress = '10.0.0.2'),
    'an added member': (record) => Object.assign(record.data, { extra: 1 }),
    ce_time: (record) => (record.time = record.time.replace('2026', '2025')),
    ce_type: (record) => (record.type = 'http.request'),
    ce_id: (record) => (record.id = `${record.id}x`),
    prevHash: (record) => (record.data.sallyport.prevHash = flip(record.data.sallyport.prevHash!)),
    hash: (record) => (record.data.sallyport.hash = flip(record.data.sallyport.hash!)),
    producer: (record) => (record.data.sallyport.producer = 'c'),
    'producer to another': (record) => (record.data.sallyport.producer = 'b'),
    'seq forward': (record) => (record.data.sallyport.seq! += 40),
    'seq to one that exists': (record) => (record.data.sallyport.seq = record.data.sallyport.seq === 3 ? 4 : 3),
    'seq to no number': (record) => Object.assign(record.data.sallyport, { seq: '5' }),
    'a hash in capitals': (record) => (record.data.sallyport.hash = record.data.sallyport.hash!.toUpperCase()),
  };
  it.each(Object.keys(changes).flatMap((name) => [0, 8, 18].map((line) => [name, line] as const)))(
    '%s, in line %p',
    (name, line) => {
      const records = interleaved();
      changes[name]!(records[line]!);
      const report = verifyRecords(records);
      expect(faultsOf(report)).toEqual([`altered a ${line / 2 + 1} ${records[line]!.id}`]);
      expect(report.faults[0]?.place).toEqual({ source: 'f', position: line + 1 });
    },
  );

  it('if it is no longer JSON', () => {
    const records: (AuditRecord | string)[] = interleaved();
    const text = (index: number) => canonicalJson((records[index] as AuditRecord).data);
    records[8] = text(8).slice(1);
    expect(faults(records)).toEqual(['altered a 5']);
    records[8] = 'x';
    expect(faults(records)).toEqual(['altered a 5']);
  });

  it('if its text on the wire is not the canonical form', () => {
    const records = interleaved();
    const verifier = createVerifier();
    for (const [index, record] of records.entries()) {
      const text = canonicalJson(record.data);
      const place = { source: 't/0', position: index };
      verifier.add({ ...record, text: index === 6 ? text.replace('{', '{"verb":"get",') : text, place });
    }
    expect(faultsOf(verifier.finish())).toEqual(['altered a 4 id-6']);
  });

  it('if it was given a new hash', () => {
    const records = interleaved();
    const { prevHash, seq } = records[8]!.data.sallyport;
    records[8]!.data.verb = 'get';
    createSealer({ producer: 'a', head: { seq: seq! - 1, hash: prevHash! } }).seal(records[8]!);
    expect(faults(records)).toEqual(['altered a 5 id-8']);
    createSealer({ producer: 'a', head: { seq: seq! - 1, hash: flip(prevHash!) } }).seal(records[8]!);
    expect(faults(records)).toEqual(['altered a 5 id-8']);
  });

  it('if several in a row are changed, each of them', () => {
    const records = interleaved();
    for (const line of [6, 8, 10]) records[line]!.data.verb = 'get';
    expect(faults(records)).toEqual(['altered a 4 id-6', 'altered a 5 id-8', 'altered a 6 id-10']);
  });

  it('if it came a second time with other content', () => {
    const records = interleaved();
    const copy = structuredClone(records[4]!);
    copy.data.verb = 'get';
    const report = verifyRecords([...records, copy]);
    expect(faultsOf(report)).toEqual(['altered a 3 id-4']);
    expect(report.faults[0]).toMatchObject({ place: { position: 21 }, detail: expect.stringContaining('is there') });
  });

  it('if two events have one number, the one that the chain does not continue', () => {
    const records = interleaved();
    const forged = structuredClone(records[4]!);
    forged.data.verb = 'get';
    createSealer({ producer: 'a', head: { seq: 2, hash: forged.data.sallyport.prevHash! } }).seal(forged);
    expect(verifyRecords([...records, forged]).faults).toMatchObject([
      { kind: 'altered', producer: 'a', seq: 3, place: { position: 21 } },
    ]);
    const before = verifyRecords([...records.slice(0, 4), forged, ...records.slice(4)]);
    expect(before.faults).toMatchObject([{ kind: 'altered', producer: 'a', seq: 3, place: { position: 5 } }]);
    expect(before.faultCount).toBe(1);
  });
});

describe('events that are not there', () => {
  it('are named with their neighbors', () => {
    const records = interleaved().filter((_, index) => index !== 8 && index !== 10);
    expect(verifyRecords(records).faults).toEqual([
      {
        kind: 'missing',
        detail: 'events 5 to 6 are missing',
        producer: 'a',
        seq: 5,
        to: 6,
        before: { seq: 4, id: 'id-6', place: { source: 'f', position: 7 } },
        after: { seq: 7, id: 'id-12', place: { source: 'f', position: 11 } },
      },
    ]);
  });

  it('are still missing if a gap is announced, with its reason', () => {
    const trail = createSampleTrail();
    trail.write('a', 5);
    trail.add('b', 'audit.gap', { gap: { producer: 'a', from: 3, to: 3, reason: 'the broker refused it' } });
    const { faults: named } = verifyRecords(trail.records.toSpliced(2, 1));
    expect(named).toMatchObject([{ kind: 'missing', producer: 'a', seq: 3, announced: 'the broker refused it' }]);
    expect(verifyRecords(trail.records).faultCount).toBe(0);
  });

  it.each([
    ['texts', { producer: 'a', from: '0', to: 'a', reason: 'x' }],
    ['a number beyond all others', { producer: 'a', from: 1, to: 1e300, reason: 'x' }],
    ['a fraction', { producer: 'a', from: 1, to: 10.5, reason: 'x' }],
    ['a range that ends before it begins', { producer: 'a', from: 9, to: 1, reason: 'x' }],
    ['a list', [{ producer: 'a', from: 1, to: 9 }]],
    ['no reason', { producer: 'a', from: 2, to: 2 }],
  ])('are named although another producer announces a gap with %s', (_what, gap) => {
    const trail = createSampleTrail();
    trail.write('a', 10);
    trail.attest();
    trail.add('evil', 'audit.gap', { gap });
    const cut = trail.records.toSpliced(4, 2);
    expect(faultsOf(verifyRecords(cut, { keys }))).toEqual(['missing a 5-6']);
  });

  it('are named next to an event that cannot be written as JSON', () => {
    const trail = createSampleTrail();
    trail.write('a', 10);
    const cut = trail.records.toSpliced(4, 2);
    const deep: unknown = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`);
    for (const value of [Number.POSITIVE_INFINITY, deep]) {
      const broken = structuredClone(cut[7]!);
      Object.assign(broken.data, { requestObject: value });
      const text = '{"requestObject":1e999}';
      for (const more of [{}, { text }]) {
        const verifier = createVerifier();
        for (const [index, record] of [...cut.slice(0, 7), broken].entries())
          verifier.add({ ...record, place: { source: 'f', position: index + 1 }, ...(record === broken ? more : {}) });
        expect(faultsOf(verifier.finish())).toEqual(['altered a 10 id-9', 'missing a 5-6']);
      }
    }
  });

  it('are not demanded before the time from which on the trail is whole', () => {
    const records = interleaved().toSpliced(2, 1);
    expect(faultsOf(verifyRecords(records))).toEqual(['missing a 2']);
    expect(verifyRecords(records, { since: records[6]!.time }).faultCount).toBe(0);
  });

  it('do not take long to find if a number is forged', () => {
    const far = createSealer({ producer: 'a', head: { seq: 2 ** 52, hash: 'a'.repeat(64) } });
    const [record] = interleaved();
    far.seal(record!);
    expect(faults([...interleaved(), record!])).toEqual([`missing a 11-${2 ** 52}`]);
  });
});

describe('two swapped events', () => {
  const swap = (one: number, other: number) => {
    const records = interleaved();
    [records[one], records[other]] = [records[other]!, records[one]!];
    return records;
  };
  it('are one fault if they are next to each other', () => {
    expect(verifyRecords(swap(8, 10)).faults).toEqual([
      {
        kind: 'reordered',
        detail: 'it comes before event 5',
        producer: 'a',
        seq: 6,
        id: 'id-10',
        place: { source: 'f', position: 9 },
      },
    ]);
  });

  it('are both named otherwise', () => {
    expect(faults(swap(4, 14)).sort()).toEqual(['reordered a 3 id-4', 'reordered a 8 id-14']);
  });

  it('are none if they are of two producers', () => {
    expect(faults(swap(8, 9))).toEqual([]);
  });
});

describe('a list of faults', () => {
  it('is bounded, and every fault is counted and told', () => {
    const records = interleaved();
    for (const record of records) record.data.verb = 'x';
    const told: string[] = [];
    const report = verifyRecords(records, { maxFaults: 3, onFault: ({ kind }) => told.push(kind) });
    expect(report).toMatchObject({ faultCount: 20 });
    expect([report.faults.length, told.length]).toEqual([3, 20]);
  });
});
