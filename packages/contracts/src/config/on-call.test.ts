import { describe, expect, it } from '@jest/globals';
import { onCallAnswerSchema, onCallFileSchema } from '../on-call/on-call-list.ts';
import { onCallListSchema } from './on-call.ts';

const faultsOf = (list: object) =>
  onCallListSchema
    .safeParse({ name: 'primary', ...list })
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
const url = 'https://oncall.example.com/primary?token=secret';

describe('an on-call list in the configuration', () => {
  it('is a file, or a server that is asked every 30 seconds and counts for five minutes', () => {
    expect(onCallListSchema.parse({ name: 'a', file: 'a.yaml' })).toMatchObject({ file: 'a.yaml' });
    expect(onCallListSchema.parse({ name: 'a', url })).toMatchObject({ url, refresh: 30_000, maxStale: 300_000 });
    const given = { name: 'a', url, authorization: 'Bearer t', refresh: '1s', maxStale: '24h', caFile: 'ca.pem' };
    expect(onCallListSchema.parse(given)).toMatchObject({
      refresh: 1000,
      maxStale: 86_400_000,
      authorization: 'Bearer t',
    });
    expect(faultsOf({ url: 'http://127.0.0.1:1/', allowInsecure: true })).toEqual([]);
  });

  it.each<[object, string]>([
    [{}, 'file: is missing'],
    [{ file: 'a', url }, 'url: is of no use with a file'],
    [{ file: 'a', refresh: '5s' }, 'refresh: is of no use with a file'],
    [{ file: 'a', authorization: 'x' }, 'authorization: is of no use with a file'],
    [{ url: 'http://oncall.example.com' }, 'url: must begin with https'],
    [{ url: 'ftp://oncall.example.com' }, 'url: not an https URL'],
    [{ url: 'https://user:secret@oncall.example.com' }, 'url: not an https URL'],
    [{ url, authorization: 'a\r\nx-evil: secret' }, 'authorization: is not the value of a header'],
    [{ url, authorization: '' }, 'authorization: is not the value of a header'],
    [{ url, refresh: '0s' }, 'refresh: must be between'],
    [{ url, refresh: '61m', maxStale: '2h' }, 'refresh: must be between'],
    [{ url, maxStale: '25h' }, 'maxStale: must be 24 hours at most'],
    [{ url, maxStale: '29s' }, 'maxStale: must not be shorter than refresh'],
    [{ url, refresh: '10m' }, 'maxStale: must not be shorter than refresh'],
    [{ url, refresh: 'secret' }, 'refresh: not a duration'],
    [{ url, name: 'A list' }, 'name: not a name'],
    [{ url, refersh: '1s' }, ': '],
  ])('%j is refused: %s', (list, fault) => {
    expect(faultsOf(list)).toEqual([expect.stringContaining(fault)]);
    expect(faultsOf(list).join()).not.toContain('secret');
  });
});

describe('the content of an on-call list', () => {
  const parse = (users: unknown, more: object = {}) => onCallAnswerSchema.safeParse({ users, ...more });

  it('is users, some of them with a time', () => {
    const read = parse(['alice@example.com', { user: 'bob' }, { user: 'carol', until: '2026-11-01T09:00:00+01:00' }]);
    expect(read.data?.users).toEqual([
      { user: 'alice@example.com' },
      { user: 'bob' },
      { user: 'carol', until: Date.parse('2026-11-01T08:00:00Z') },
    ]);
  });

  it('of a server can have more around it, that of a file cannot', () => {
    expect(parse([], { schedule: 7 }).success).toBe(true);
    expect(onCallFileSchema.safeParse({ users: [], schedule: 7 }).success).toBe(false);
  });

  it.each([
    [undefined],
    [null],
    ['alice'],
    [{}],
    [['']],
    [[' alice']],
    [['a\nb']],
    [['x'.repeat(321)]],
    [[7]],
    [[{ user: 'a', until: '2026-11-01' }]],
    [[{ user: 'a', until: '2026-11-01T08:00:00' }]],
    [[{ user: 'a', until: 5 }]],
    [[{ user: 'a', untill: '2026-11-01T08:00:00Z' }]],
    [[{ until: '2026-11-01T08:00:00Z' }]],
    [Array.from({ length: 10_001 }, () => 'a')],
  ])('is refused as %j', (users) => {
    expect(parse(users).success).toBe(false);
  });
});
