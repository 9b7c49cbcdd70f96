import { describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { createFloodFold } from './create-flood-fold.ts';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';

function refused(address: string, at: number, code = 401): AuditRecord {
  const record = sampleAuditRecord({ session: '-', time: at, data: { user: {}, responseStatus: { code } } });
  delete record.data.sallyport.identity;
  record.data.sallyport.clientAddress = address;
  return record;
}

describe('a flood of refusals', () => {
  it('is told as one event for each address and cause, with a count and the times', () => {
    const fold = createFloodFold();
    const records = [0, 1, 2].map((second) => refused('203.0.113.9', second * 1000));
    const other = refused('203.0.113.10', 5000);
    for (const record of [...records, other]) expect(fold.take(record)).toBe(true);
    const aggregated = {
      count: 3,
      firstTimestamp: '1970-01-01T00:00:00.000000Z',
      lastTimestamp: '1970-01-01T00:00:02.000000Z',
      address: '203.0.113.9',
      cause: 'k8s.request 401',
    };
    expect(fold.drain()).toEqual([
      { ...records[2], data: { ...records[2]!.data, sallyport: { ...records[2]!.data.sallyport, aggregated } } },
      other,
    ]);
    expect(fold.drain()).toEqual([]);
  });

  it('does not take what a person did', () => {
    const fold = createFloodFold();
    expect(fold.take(sampleAuditRecord())).toBe(false);
    expect(fold.size).toBe(0);
  });

  it('loses no count and holds no more than a bounded number of events, however many addresses there are', () => {
    const fold = createFloodFold();
    for (let index = 0; index < 20_000; index += 1)
      fold.take(refused(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, index, 401 + (index % 3)));
    expect(fold.size).toBeLessThanOrEqual(1003);
    expect(fold.drain().reduce((sum, { data }) => sum + (data.sallyport.aggregated?.count ?? 1), 0)).toBe(20_000);
  });

  it('adds up what is told as one already', () => {
    const fold = createFloodFold();
    const told = refused('203.0.113.9', 2000);
    told.data.sallyport.aggregated = {
      count: 40,
      firstTimestamp: '1970-01-01T00:00:01.000000Z',
      lastTimestamp: '1970-01-01T00:00:02.000000Z',
    };
    fold.take(told);
    fold.take(refused('203.0.113.9', 3000));
    expect(fold.drain()[0]!.data.sallyport.aggregated).toMatchObject({
      count: 41,
      firstTimestamp: '1970-01-01T00:00:01.000000Z',
      lastTimestamp: '1970-01-01T00:00:03.000000Z',
    });
  });
});

describe('a flood of refusals of long requests', () => {
  /** As long as a head may be, from its own block of addresses. */
  function long(index: number, length = 60_000): AuditRecord {
    const record = refused(`2001:db8:0:${index.toString(16)}::1`, index);
    record.data.requestURI = '/'.padEnd(1024, 'a');
    record.data.userAgent = 'u'.repeat(1024);
    record.data.sallyport.request = {
      method: 'GET',
      query: 'q'.repeat(4096),
      labelSelector: 'l'.repeat(4096),
      fieldSelector: 'f'.repeat(4096),
      proxyPath: 'p'.repeat(4096),
      targetSha256: 'x',
      targetLength: length,
    };
    return record;
  }

  it('holds no more than a bounded amount, and what comes of it leaves room in the queue for others', () => {
    const fold = createFloodFold();
    for (let index = 0; index < 3000; index += 1) fold.take(long(index));
    // Short at first, so that each address has its place, and then long.
    for (let turn = 0; turn < 2; turn += 1)
      for (let index = 5000; index < 6000; index += 1)
        fold.take(turn === 0 ? refused(`2001:db8:0:${index.toString(16)}::1`, index) : long(index));
    const told = fold.drain();
    expect(told.reduce((sum, { data }) => sum + (data.sallyport.aggregated?.count ?? 1), 0)).toBe(5000);
    expect(told.reduce((sum, record) => sum + JSON.stringify(record).length, 0)).toBeLessThan(16 * 1024 * 1024);
    expect(told.reduce((sum, { data }) => sum + 2 * (data.sallyport.request?.targetLength ?? 0), 0)).toBeLessThan(
      16 * 1024 * 1024,
    );
  });

  it('tells a few of them whole', () => {
    const fold = createFloodFold();
    const records = [1, 2, 3].map((index) => long(index));
    for (const record of records) fold.take(record);
    expect(fold.drain()).toEqual(records);
    for (let turn = 0; turn < 5; turn += 1) for (const record of records) fold.take(record);
    expect(fold.drain().map(({ data }) => data.sallyport.request)).toEqual(
      records.map(({ data }) => data.sallyport.request),
    );
  });
});
