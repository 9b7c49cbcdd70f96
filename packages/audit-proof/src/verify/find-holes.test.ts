import { describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { auditProducer, createSampleTrail, faultsOf, keys, verifyRecords } from '../testing/sample-trail.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 2) + second * 1000).toISOString();

/** Five rounds of 10 seconds: six events of `a`, three of a producer of this round, and a checkpoint. */
function rounds({ timed = true } = {}): AuditRecord[] {
  const trail = createSampleTrail({ timed });
  for (let round = 0; round < 5; round += 1) {
    trail.write('a', 6);
    trail.write(`pod-${round}`, 3);
    trail.attest();
  }
  return trail.records;
}
/** Without the rounds 1 and 2, which happened from second 10 to 30. */
const cut = (records: readonly AuditRecord[]) => records.filter((_record, index) => index < 10 || index >= 30);
const absent = [{ from: at(10), until: at(30) }];

describe('a trail of which a period was deleted', () => {
  it('is whole if nothing is demanded of this period', () => {
    const records = cut(rounds());
    expect(verifyRecords(records, { keys }).faultCount).toBeGreaterThan(0);
    const report = verifyRecords(records, { keys, absent });
    expect(report).toMatchObject({ faults: [], absent });
    expect(verifyRecords(records, { keys }).absent).toBeUndefined();
  });

  it('has no fault in its chains either, where there are no keys', () => {
    expect(verifyRecords(cut(rounds()), { absent }).faults).toEqual([]);
    expect(faultsOf(verifyRecords(cut(rounds()), {}))).toEqual(['missing a 7-18', `missing ${auditProducer} 2-3`]);
  });

  it.each([
    ['in the middle of what is before', 2, 'missing a 3'],
    ['at the end of what is before', 5, 'missing a 6'],
    ['at the beginning of a producer', 6, 'missing pod-0 1'],
    ['at the end of a producer', 8, 'truncated pod-0 3'],
    ['right after it', 30, 'missing a 19'],
    ['at the beginning of a producer after it', 36, 'missing pod-3 1'],
    ['later', 41, 'missing a 26'],
  ])('shows an event that was removed %s', (_where, index, fault) => {
    const records = rounds();
    const rest = cut(records).filter((record) => record !== records[index]);
    expect(faultsOf(verifyRecords(rest, { keys, absent }))).toEqual([fault]);
  });

  it('shows what was removed next to the period, as parts of the same hole', () => {
    const records = rounds();
    const rest = cut(records).filter((record) => ![4, 5, 30, 31].includes(records.indexOf(record)));
    expect(faultsOf(verifyRecords(rest, { keys, absent }))).toEqual(['missing a 5-6', 'missing a 19-20']);
  });

  it('shows a producer that was removed outside of the period, and none within it', () => {
    const records = cut(rounds()).filter(({ data }) => data.sallyport.producer !== 'pod-4');
    expect(faultsOf(verifyRecords(records, { keys, absent }))).toEqual(['producer-missing pod-4 1-3']);
  });
});

describe('events that were attested long after they happened', () => {
  /** Of `a` three events, of `x` ten more. What happened in the first five seconds is no longer there. */
  function late(timed: boolean): AuditRecord[] {
    const trail = createSampleTrail({ timed });
    trail.write('a', 3);
    trail.write('x', 10);
    trail.attest(['x']);
    trail.write('x');
    trail.attest(['a']);
    trail.write('x');
    return trail.records.slice(5);
  }
  const since = at(5);

  it('are not demanded if they happened before the trail begins', () => {
    expect(faultsOf(verifyRecords(late(true), { keys, since }))).toEqual([]);
    // Without their times, nothing shows this.
    expect(faultsOf(verifyRecords(late(false), { keys, since }))).toEqual(['producer-missing a 1-3']);
  });

  it('must be attested by a checkpoint after the beginning', () => {
    expect(faultsOf(verifyRecords(late(true), { keys, since: at(3600) }))).toEqual(['truncated - 0']);
    expect(faultsOf(verifyRecords(late(true), { since: at(3600) }))).toEqual([]);
  });

  it('are demanded if they happened after it', () => {
    const records = late(true).filter(({ time }) => time !== at(12));
    expect(faultsOf(verifyRecords(records, { keys, since }))).toEqual(['missing x 10']);
  });
});
