import { describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { createAnonymousAggregator } from './create-anonymous-aggregator.ts';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';

function refused(address: string, at: number, code = 401): AuditRecord {
  const record = sampleAuditRecord({ session: '-', time: at, data: { user: {}, responseStatus: { code } } });
  delete record.data.sallyport.identity;
  record.data.sallyport.clientAddress = address;
  return record;
}

describe('a flood of refusals', () => {
  it('becomes one event per address and cause, with a count and the times', () => {
    const aggregator = createAnonymousAggregator();
    const records = [0, 1, 2].map((second) => refused('203.0.113.9', second * 1000));
    const other = refused('203.0.113.10', 5000);
    for (const record of [...records, other]) expect(aggregator.take(record)).toBe(true);
    const aggregated = {
      count: 3,
      firstTimestamp: '1970-01-01T00:00:00.000000Z',
      lastTimestamp: '1970-01-01T00:00:02.000000Z',
      address: '203.0.113.9',
      cause: 'k8s.request 401',
    };
    expect(aggregator.drain()).toEqual([
      { ...records[2], data: { ...records[2]!.data, sallyport: { ...records[2]!.data.sallyport, aggregated } } },
      other,
    ]);
    expect(aggregator.drain()).toEqual([]);
  });

  it('does not aggregate the events of a person', () => {
    const aggregator = createAnonymousAggregator();
    expect(aggregator.take(sampleAuditRecord())).toBe(false);
    expect(aggregator.size).toBe(0);
  });

  it('keeps the count, and a bounded number of events, however many addresses there are', () => {
    const aggregator = createAnonymousAggregator();
    for (let index = 0; index < 20_000; index += 1)
      aggregator.take(refused(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, index, 401 + (index % 3)));
    expect(aggregator.size).toBeLessThanOrEqual(1003);
    expect(aggregator.drain().reduce((sum, { data }) => sum + (data.sallyport.aggregated?.count ?? 1), 0)).toBe(20_000);
  });

  it('adds to an event that is already aggregated', () => {
    const aggregator = createAnonymousAggregator();
    const aggregatedBefore = refused('203.0.113.9', 2000);
    aggregatedBefore.data.sallyport.aggregated = {
      count: 40,
      firstTimestamp: '1970-01-01T00:00:01.000000Z',
      lastTimestamp: '1970-01-01T00:00:02.000000Z',
    };
    aggregator.take(aggregatedBefore);
    aggregator.take(refused('203.0.113.9', 3000));
    expect(aggregator.drain()[0]!.data.sallyport.aggregated).toMatchObject({
      count: 41,
      firstTimestamp: '1970-01-01T00:00:01.000000Z',
      lastTimestamp: '1970-01-01T00:00:03.000000Z',
    });
  });
});

describe('a flood of refusals of long requests', () => {
  /** A request with the longest permitted head, from its own address block. */
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

  it('uses a bounded amount of memory, and leaves room in the queue for other events', () => {
    const aggregator = createAnonymousAggregator();
    for (let index = 0; index < 3000; index += 1) aggregator.take(long(index));
    // First short, so that each address gets a group, then long.
    for (let turn = 0; turn < 2; turn += 1)
      for (let index = 5000; index < 6000; index += 1)
        aggregator.take(turn === 0 ? refused(`2001:db8:0:${index.toString(16)}::1`, index) : long(index));
    const events = aggregator.drain();
    expect(events.reduce((sum, { data }) => sum + (data.sallyport.aggregated?.count ?? 1), 0)).toBe(5000);
    expect(events.reduce((sum, record) => sum + JSON.stringify(record).length, 0)).toBeLessThan(16 * 1024 * 1024);
    expect(events.reduce((sum, { data }) => sum + 2 * (data.sallyport.request?.targetLength ?? 0), 0)).toBeLessThan(
      16 * 1024 * 1024,
    );
  });

  it('reports a few of them in full', () => {
    const aggregator = createAnonymousAggregator();
    const records = [1, 2, 3].map((index) => long(index));
    for (const record of records) aggregator.take(record);
    expect(aggregator.drain()).toEqual(records);
    for (let turn = 0; turn < 5; turn += 1) for (const record of records) aggregator.take(record);
    expect(aggregator.drain().map(({ data }) => data.sallyport.request)).toEqual(
      records.map(({ data }) => data.sallyport.request),
    );
  });
});
