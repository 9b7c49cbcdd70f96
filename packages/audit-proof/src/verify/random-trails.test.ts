import { describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import fc from 'fast-check';
import { auditProducer, createSampleTrail, faultsOf, keys, verifyRecords } from '../testing/sample-trail.ts';

const producers = ['a', 'b', 'c/d'];
/** A step of a trail: an event of a producer, or a checkpoint. */
const trailArbitrary = fc
  .array(
    fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...producers) }, { weight: 1, arbitrary: fc.constant('!') }),
    {
      minLength: 3,
      maxLength: 60,
    },
  )
  .map((steps) => {
    const trail = createSampleTrail();
    trail.write('a');
    for (const step of steps) {
      if (step === '!') trail.attest();
      else trail.write(step);
    }
    trail.attest();
    return trail;
  });
const linked = (record: AuditRecord) => `${record.data.sallyport.producer} ${record.data.sallyport.seq}`;
const runs = { numRuns: 60 };

describe('a random trail', () => {
  it('has no fault, in whatever sources and however often its events are read', () => {
    fc.assert(
      fc.property(trailArbitrary, fc.infiniteStream(fc.nat(5)), ({ records, checkpoints }, random) => {
        const again: AuditRecord[] = [];
        for (const [index, record] of records.entries()) {
          again.push(record);
          const back = random.next().value as number;
          if (back > 3) again.push(...records.slice(Math.max(0, index - back), index + 1));
        }
        expect(faultsOf(verifyRecords(again, { keys, anchored: checkpoints }))).toEqual([]);
      }),
      runs,
    );
  });

  it('names the event that was removed', () => {
    fc.assert(
      fc.property(trailArbitrary, fc.nat(), ({ records, checkpoints }, random) => {
        const at = random % records.length;
        const { producer, seq } = records[at]!.data.sallyport;
        const found = faultsOf(verifyRecords(records.toSpliced(at, 1), { keys, anchored: checkpoints }));
        // Nothing attests the last checkpoint.
        if (at === records.length - 1) return expect(found).toEqual([]);
        expect(found).toHaveLength(1);
        expect(found[0]).toMatch(new RegExp(`^(missing|truncated|producer-missing) ${producer} ${seq}$`));
      }),
      runs,
    );
  });

  it('names the event in which a character was changed', () => {
    fc.assert(
      fc.property(trailArbitrary, fc.nat(), fc.nat(), ({ records, checkpoints }, random, place) => {
        const at = random % records.length;
        const text = JSON.stringify(records[at]);
        const index = place % text.length;
        const changed = `${text.slice(0, index)}${text[index] === '7' ? '8' : '7'}${text.slice(index + 1)}`;
        let record: AuditRecord | string = changed;
        try {
          record = JSON.parse(changed) as AuditRecord;
        } catch {
          // No longer JSON.
        }
        const list: (AuditRecord | string)[] = structuredClone(records);
        list[at] = record;
        const report = verifyRecords(list, { keys, anchored: checkpoints });
        const { source, key } = typeof record === 'string' ? { source: '', key: '' } : record;
        // The hash covers neither of them.
        if (source !== records[at]!.source || key !== records[at]!.key) if (typeof record !== 'string') return;
        const isMember = /^(data|id|time|type)$/;
        if (typeof record !== 'string' && !Object.keys(record).some((name) => isMember.test(name))) return;
        expect(report.faults.map(({ kind, place: where }) => [kind, where?.position])).toEqual([['altered', at + 1]]);
      }),
      runs,
    );
  });

  it('names two swapped events of one producer', () => {
    fc.assert(
      fc.property(trailArbitrary, fc.nat(), ({ records, checkpoints }, random) => {
        const own = records.flatMap((record, index) => (record.data.sallyport.producer === 'a' ? [index] : []));
        if (own.length < 2) return;
        const [one, other] = [own[random % (own.length - 1)]!, own[(random % (own.length - 1)) + 1]!];
        const list = [...records];
        [list[one], list[other]] = [records[other]!, records[one]!];
        const report = verifyRecords(list, { keys, anchored: checkpoints });
        expect(faultsOf(report)).toEqual([`reordered ${linked(records[other]!)} ${records[other]!.id}`]);
      }),
      runs,
    );
  });

  it('names every producer whose end was cut off', () => {
    fc.assert(
      fc.property(trailArbitrary, fc.nat(), ({ records, checkpoints }, random) => {
        const at = 1 + (random % (records.length - 1));
        const cut = new Set(records.slice(at, -1).map(({ data }) => data.sallyport.producer));
        const report = verifyRecords(records.slice(0, at), { keys, anchored: checkpoints });
        expect(new Set(report.faults.map(({ producer }) => producer))).toEqual(cut);
        for (const { kind } of report.faults) expect(['truncated', 'producer-missing']).toContain(kind);
      }),
      runs,
    );
  });

  it('names a producer that was removed', () => {
    fc.assert(
      fc.property(
        trailArbitrary,
        fc.constantFrom(...producers, auditProducer),
        ({ records, checkpoints }, producer) => {
          const rest = records.filter(({ data }) => data.sallyport.producer !== producer);
          const attested = checkpoints.some(({ heads }) => heads.some((head) => head.producer === producer));
          const found = faultsOf(verifyRecords(rest, { keys, anchored: checkpoints }));
          expect(found.map((text) => text.split(' ').slice(0, 2))).toEqual(
            attested ? [['producer-missing', producer]] : [],
          );
        },
      ),
      runs,
    );
  });
});
