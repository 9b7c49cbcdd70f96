import { describe, expect, it } from '@jest/globals';
import { ProblemError } from '@sallyport/kit';
import fc from 'fast-check';
import { readAuditQuery } from './read-audit-query.ts';

const read = (text: string) => readAuditQuery(new URLSearchParams(text));

describe('a query for events', () => {
  it('has the newest hundred without a word', () => {
    expect(read('')).toEqual({ order: 'newest', limit: 100 });
  });

  it('takes every condition', () => {
    expect(read('user=alice%40example.com&code=403&since=2026-11-25T12:00:00Z&until=2026-11-25T13:00:00%2B01:00&limit=1000&order=oldest')).toEqual({
      user: 'alice@example.com', code: 403, since: '2026-11-25T12:00:00Z', until: '2026-11-25T13:00:00+01:00', limit: 1000, order: 'oldest',
    });
  });

  it('names everything that is wrong with it at once', () => {
    const refused = () => read('usr=alice&limit=0&since=yesterday&order=up&verb=&name=a&name=b');
    expect(refused).toThrow(ProblemError);
    for (const part of ['usr: is not a parameter', 'limit: ', 'since: ', 'order: ', 'verb: is empty', 'name: stands more than once']) expect(refused).toThrow(part);
  });

  it.each(['limit=1001', 'limit=1.5', 'limit=x', 'limit=', 'code=abc', 'effect=maybe', 'since=2026-11-25', '__proto__=1', 'constructor=1'])('refuses %s', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });

  it('answers or refuses, whatever is asked', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom('limit', 'since', 'user', 'after')), fc.string())), (pairs) => {
      try {
        readAuditQuery(new URLSearchParams(pairs));
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-request' });
      }
    }));
  });
});
