import { describe, expect, it } from '@jest/globals';
import { auditQuerySchema } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import fc from 'fast-check';
import { readAuditQuery, readSummaryQuery } from './read-audit-query.ts';

const read = (text: string) => readAuditQuery(new URLSearchParams(text));

describe('a query for events', () => {
  it('returns the newest hundred by default', () => {
    expect(read('')).toEqual({ order: 'newest', limit: 100 });
  });

  it('accepts every condition', () => {
    expect(
      read(
        'user=alice%40example.com&code=403&since=2026-11-25T12:00:00Z&until=2026-11-25T13:00:00%2B01:00&limit=1000&order=oldest',
      ),
    ).toEqual({
      user: 'alice@example.com',
      code: 403,
      since: '2026-11-25T12:00:00Z',
      until: '2026-11-25T13:00:00+01:00',
      limit: 1000,
      order: 'oldest',
    });
  });

  it.each([
    ['2001:DB8:0:0::0001', '2001:db8::1'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['10.1.2.3', '10.1.2.3'],
    ['no:address', 'no:address'],
  ])('finds the address %s as the gateway writes it', (address, canonical) => {
    expect(readAuditQuery(new URLSearchParams({ address })).address).toBe(canonical);
  });

  it('lists all its faults at once', () => {
    const refused = () => read('usr=alice&limit=0&since=yesterday&order=up&verb=&name=a&name=b');
    expect(refused).toThrow(ProblemError);
    for (const part of [
      'usr: unknown parameter',
      'limit: ',
      'since: ',
      'order: ',
      'verb: is empty',
      'name: appears more than once',
    ])
      expect(refused).toThrow(part);
  });

  it.each([
    'limit=1001',
    'limit=1.5',
    'limit=x',
    'limit=',
    'code=abc',
    'effect=maybe',
    'since=2026-11-25',
    '__proto__=1',
    'constructor=1',
  ])('refuses %s', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });

  it.each([
    ['user=%00', 'user: contains a NUL character'],
    ['name=a%00b', 'name: contains a NUL'],
    ['code=99999999999', 'code: '],
    ['code=-1', 'code: '],
    ['code=1e300', 'code: '],
    ['code=Infinity', 'code: '],
    ['since=0000-01-01T00:00:00Z', 'since: '],
    ['until=2026-11-25T12:00:00%2B23:59', 'until: '],
    [`since=2026-11-25T12:00:00.${'0'.repeat(500)}Z`, 'since: '],
    ['since=2026-02-30T12:00:00Z', 'since: '],
    [`cluster=${'x'.repeat(501)}`, 'cluster: is longer than 500 characters'],
    ['user[]=a', 'user[]: unknown parameter'],
    ['limit=99999999999', 'limit: '],
    ['effect=%00', 'effect: '],
    ['type=%00', 'type: '],
    [`after=${'A'.repeat(5000)}`, 'after: '],
    ['type=k8s', 'type: '],
    ['stage=Done', 'stage: '],
    ['view=people', 'view: '],
    ['routine=all', 'routine: '],
    ['routine=', 'routine: is empty'],
    ['auditIDPrefix=5f0', 'auditIDPrefix: must be 4 to 36 characters'],
    ['sessionPrefix=%25%25%25%25', 'sessionPrefix: must be'],
    ['command=%00', 'command: contains a NUL'],
    [`reason=${'x'.repeat(501)}`, 'reason: is longer than 500 characters'],
    ['order=%00', 'order: '],
  ])('names the fault in %s', (text, words) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining(words) }),
    );
  });

  it('refuses a lone surrogate in a value that does not come from a URL', () => {
    expect(auditQuerySchema.safeParse({ user: '\ud800' }).success).toBe(false);
    expect(auditQuerySchema.safeParse({ user: '\u{1f600}' }).success).toBe(true);
  });

  it('reads or refuses any query', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom('limit', 'since', 'user', 'after')), fc.string())),
        (pairs) => {
          try {
            readAuditQuery(new URLSearchParams(pairs));
          } catch (error) {
            expect(error).toMatchObject({ code: 'bad-request' });
          }
        },
      ),
    );
  });
});

describe('a query for a summary', () => {
  const now = Date.parse('2026-11-25T12:00:00Z');
  const summary = (text: string) => readSummaryQuery(new URLSearchParams(text), now);

  it('has the 24 hours before its end, in UTC', () => {
    expect(summary('address=::ffff:10.1.2.3')).toMatchObject({
      since: '2026-11-24T12:00:00.000Z',
      until: '2026-11-25T12:00:00.000Z',
      buckets: 60,
      address: '10.1.2.3',
    });
    expect(summary('until=2026-11-20T12:00:00%2B01:00&facets=code,rule')).toMatchObject({
      since: '2026-11-19T11:00:00.000Z',
      until: '2026-11-20T11:00:00.000Z',
      facets: ['code', 'rule'],
    });
  });

  it.each([
    ['since=2026-11-25T12:00:00Z', 'since is not before until'],
    ['buckets=201', 'buckets: '],
    ['buckets=1', 'buckets: '],
    ['facets=user,user', 'facets: names something twice'],
    ['facets=data', 'facets: must be some of user, cluster'],
    ['facets=', 'facets: is empty'],
    ['after=MDo', 'after: unknown parameter'],
    ['order=newest', 'order: unknown parameter'],
    ['limit=1', 'limit: unknown parameter'],
  ])('names the fault in %s', (text, words) => {
    expect(() => summary(text)).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining(words) }),
    );
  });
});
