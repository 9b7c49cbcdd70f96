import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isAllowSystem, readAllowSystem } from './allow-system.ts';
import {
  isReservedExtra,
  readImpersonationTargets,
  serviceAccountOf,
  writeImpersonationTargets,
} from './impersonation-targets.ts';

describe('the target of a request that asks to act as another', () => {
  it('is written and read back unchanged', () => {
    const name = fc.stringMatching(/^[!-~]{1,20}$/);
    const user = fc.oneof(name, fc.constantFrom('system:serviceaccount:a:b', 'system:admin', 'a:b=c/d', 'zoë 開'));
    const key = fc.stringMatching(/^[a-z0-9][a-z0-9._/-]{0,10}$/).filter((one) => !isReservedExtra(one));
    const target = fc.record(
      {
        user,
        uid: name,
        groups: fc.array(name, { maxLength: 5 }),
        extra: fc.dictionary(key, fc.array(name, { minLength: 1, maxLength: 2 }), { maxKeys: 5 }),
      },
      { requiredKeys: ['user', 'groups', 'extra'] },
    );
    fc.assert(
      fc.property(target, (one) => {
        fc.pre(!/^system:serviceaccount:/i.test(one.user) || serviceAccountOf(one.user) !== undefined);
        expect(readImpersonationTargets(writeImpersonationTargets(one))).toEqual(one);
      }),
    );
  });

  it('has one spelling for a ServiceAccount', () => {
    expect(writeImpersonationTargets({ user: 'system:serviceaccount:shop:web', groups: [], extra: {} })).toEqual([
      'serviceaccount:shop/web',
    ]);
    expect(readImpersonationTargets(['serviceaccount:shop/web'])).toMatchObject({
      user: 'system:serviceaccount:shop:web',
    });
  });

  it.each([
    [[]],
    [['group:a']],
    [['user:a', 'user:b']],
    [['user:a', 'serviceaccount:a/b']],
    [['user:a', 'uid:1', 'uid:2']],
    [['user:']],
    [['user: a']],
    [['user:a\n']],
    [['user:a\u200b']],
    [['user:\ud800']],
    [['user:system:serviceaccount:a:b']],
    [['user:system:serviceaccount:a']],
    [['user:SYSTEM:serviceaccount:a:b']],
    [['serviceaccount:a']],
    [['serviceaccount:A/b']],
    [['serviceaccount:a/b/c']],
    [['serviceaccount:a:b/c']],
    [['user:a', 'group:']],
    [['user:a', 'extra:k']],
    [['user:a', 'extra:=v']],
    [['user:a', 'extra:K=v']],
    [['user:a', 'extra:__proto__=v']],
    [['user:a', 'extra:sallyport.dev/actor=v']],
    [['user:a', 'extra:x.sallyport.dev/actor=v']],
    [['user:a', 'extra:authentication.kubernetes.io/pod-name=v']],
    [['user:a', 'other:b']],
    [['user:a', 1]],
    [['user:a', ...Array.from({ length: 32 }, (_none, at) => `group:${at}`)]],
    ['user:a'],
    [undefined],
  ])('is not %j', (texts) => {
    expect(readImpersonationTargets(texts)).toBeUndefined();
  });

  it('can have extras with the names of built-in members', () => {
    expect(readImpersonationTargets(['user:a', 'extra:constructor=b'])!.extra).toEqual(
      Object.fromEntries([['constructor', ['b']]]),
    );
  });
});

describe('impersonate.allowSystem', () => {
  it('takes exact names, and all ServiceAccounts of one namespace', () => {
    const listed = ['system:masters', 'system:serviceaccount:shop:*', 'system:serviceaccount:shop:web'];
    expect(listed.every(isAllowSystem)).toBe(true);
    const { names, accountsOf } = readAllowSystem(listed);
    expect([[...names], [...accountsOf]]).toEqual([['system:masters', 'system:serviceaccount:shop:web'], ['shop']]);
  });

  it.each([
    'system:*',
    'system:serviceaccount:*',
    'system:serviceaccount:*:*',
    'system:serviceaccount:sh*:*',
    'system:serviceaccount:shop:we*',
    'system:serviceaccount:shop:x:*',
    'masters',
  ])('does not take %s', (text) => {
    expect(isAllowSystem(text)).toBe(false);
  });
});
