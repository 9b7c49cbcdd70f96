import { describe, expect, it } from '@jest/globals';
import type { RawReply } from '../wire/raw-reply.ts';
import { judgeIdentity, judgeRefusal, readUserInfo, type UserInfo } from './probe.ts';

const baseline: UserInfo = { username: 'alice', uid: 'u', groups: ['a', 'b'], extra: '{}' };
const reviewOf = (userInfo: object, status = 201): RawReply => ({
  status,
  lines: [],
  closed: false,
  body: JSON.stringify({ status: { userInfo } }),
});
const bare = (status: number, body = '', closed = false): RawReply => ({ status, lines: [], body, closed });

describe('a request for another identity', () => {
  it('finds a hole if the cluster saw any other identity', () => {
    const as = (changes: object) =>
      judgeIdentity(reviewOf({ username: 'alice', uid: 'u', groups: ['b', 'a'], ...changes }), baseline);
    expect(as({}).result).toBe('held');
    for (const changes of [
      { username: 'root' },
      { groups: ['a', 'b', 'system:masters'] },
      { groups: ['a'] },
      { uid: 'other' },
      { extra: { scopes: ['x'] } },
    ])
      expect(as(changes).result).toBe('hole');
    expect(as({ username: 'root' }).seen).toContain('root');
  });

  it("finds a hole if only the cluster's own rules refused it", () => {
    expect(
      judgeIdentity(
        bare(
          403,
          '{"message":"users \\"root\\" is forbidden: User \\"gate\\" cannot impersonate resource \\"users\\""}',
        ),
        baseline,
      ).result,
    ).toBe('hole');
    expect(
      judgeIdentity(
        bare(403, '{"message":"The header impersonate-user asks for an identity; impersonation (--as) is off."}'),
        baseline,
      ).result,
    ).toBe('held');
  });

  it('finds nothing in an error or without a response', () => {
    expect([bare(400), bare(431), bare(0, '', true)].map((reply) => judgeIdentity(reply, baseline).result)).toEqual([
      'held',
      'held',
      'held',
    ]);
    expect(
      [bare(502), bare(0), bare(200, 'hello'), bare(302)].map((reply) => judgeIdentity(reply, baseline).result),
    ).toEqual(['inconclusive', 'inconclusive', 'inconclusive', 'inconclusive']);
    expect([bare(401), bare(200), bare(101), bare(503), bare(0)].map((reply) => judgeRefusal(reply).result)).toEqual([
      'held',
      'hole',
      'hole',
      'inconclusive',
      'inconclusive',
    ]);
    expect(readUserInfo(reviewOf({}))).toBeUndefined();
  });
});
