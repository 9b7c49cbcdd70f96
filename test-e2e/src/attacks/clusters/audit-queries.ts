import { describe, expect, it } from '@jest/globals';
import { auditQuerySchema } from '@sallyport/contracts';
import { askOwnApi } from '../fixtures/ask-own-api.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const texts = [
  '%00',
  'a%00b',
  '%ed%a0%80',
  '%ff',
  '%f0%9f%98%80',
  '%5cu0000',
  '%27',
  'x'.repeat(501),
  'x'.repeat(20_000),
];
const numbers = ['99999999999', '-99999999999', '2147483648', '1e300', 'Infinity', 'NaN', '1.5', '0x10', '%00'];
const moments = [
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '2026-11-25T12:00:00%2B23:59',
  '2026-02-30T12:00:00Z',
  `2026-11-25T12:00:00.${'1'.repeat(300)}Z`,
  '-271821-04-20T00:00:00.000Z',
  '2016-12-31T23:59:60Z',
  'infinity',
  'now',
  '%00',
];
const hostile = (name: string) =>
  ['code', 'limit'].includes(name) ? numbers : ['since', 'until'].includes(name) ? moments : texts;

/** Requests events, or another list with filters. */
const ask = (query: string, list = 'audit') => askOwnApi(`${list}?${query}`, { token: attackFixture().tokens.alice });

/** Sends as many queries at once as a person may have open: four searches, and two lists of streams. */
async function forEachValue(
  values: readonly string[],
  atOnce: number,
  send: (value: string) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < values.length; start += atOnce)
    await Promise.all(values.slice(start, start + atOnce).map(send));
}

export function attackAuditQueries(): void {
  describe('S32: audit queries with values that the store cannot contain', () => {
    it.each(Object.keys(auditQuerySchema.shape))(
      'answers every value of %s, or reports what is wrong with it',
      async (name) => {
        await forEachValue(hostile(name), 4, async (value) => {
          const answer = await ask(`${name}=${value}`);
          expect([name, value.slice(0, 40), answer.status]).toEqual([
            name,
            value.slice(0, 40),
            answer.status === 200 ? 200 : 400,
          ]);
          if (answer.status === 400) expect(answer.json()['detail']).toContain(`${name}: `);
        });
      },
    );

    it.each([
      ['user=%00', 'user: contains a NUL character'],
      ['code=99999999999', 'code: '],
      ['user=a&user=b', 'user: appears more than once'],
      ['user[]=a', 'user[]: unknown parameter'],
      ['user[$ne]=a', 'unknown parameter'],
    ])('refuses %s with a message', async (query, words) => {
      const answer = await ask(query);
      expect([answer.status, answer.json()['detail']]).toEqual([400, expect.stringContaining(words)]);
    });

    it.each(['sessions', 'streams', 'clusters'])('does the same for %s', async (list) => {
      for (const name of ['user', 'cluster', 'session', 'all', 'limit', 'ended', 'kind']) {
        await forEachValue([...texts, ...numbers], 2, async (value) => {
          const { status } = await ask(`${name}=${value}`, list);
          const isAnswered = status < 500 && status !== 429;
          expect([name, value.slice(0, 40), status, isAnswered]).toEqual([name, value.slice(0, 40), status, true]);
        });
      }
    });

    it('leaves the store usable', async () => {
      expect((await ask('limit=1')).status).toBe(200);
    });
  });
}
