import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { impersonationSchema } from '@sallyport/contracts';
import { createImpersonateRules } from '../policies/impersonate-rules.ts';
import { identityOf, sessionOf } from '../testing/authorize-rig.ts';
import { createCallerViews } from './caller-view.ts';

const everything = createImpersonateRules({ groups: ['*'], allowSystem: [] });
function impersonation(groups: string[], rules = everything, more = {}) {
  const appearance = createCallerViews()
    .of(sessionOf(identityOf('alice@example.com', groups, more)))
    .appearance(rules);
  if (appearance.refusal !== undefined) throw new Error(appearance.refusal);
  return impersonationSchema.parse(JSON.parse(appearance.json));
}

describe('impersonation', () => {
  it('takes the user, a uid of issuer and subject, and the session as the only extra', () => {
    const uid = createHash('sha256').update('https://idp.example.com\0sub-alice@example.com').digest('base64url');
    expect(impersonation(['developers'])).toEqual({
      user: 'alice@example.com',
      uid,
      groups: ['developers'],
      extra: { 'sallyport.dev/session': ['id-alice@example.com'] },
      droppedGroups: [],
    });
  });

  it('distinguishes users of two issuers, and different splits of issuer and subject', () => {
    const uids = [
      impersonation([]).uid,
      impersonation([], everything, { issuer: 'https://other' }).uid,
      impersonation([], everything, { issuer: 'a', subject: 'bc' }).uid,
      impersonation([], everything, { issuer: 'ab', subject: 'c' }).uid,
    ];
    expect(new Set(uids).size).toBe(4);
  });

  it('keeps a group with a comma one group', () => {
    expect(impersonation(['cn=a,ou=b', 'dev,system:masters']).groups).toEqual(['cn=a,ou=b', 'dev,system:masters']);
  });

  it("sends only groups that match the cluster's patterns, and lists the dropped ones", () => {
    const rules = createImpersonateRules({ groups: ['dev-*', 'sre'], allowSystem: [] });
    expect(impersonation(['dev-a', 'sre', 'sre-x', 'xdev-a', 'dev-a'], rules)).toMatchObject({
      groups: ['dev-a', 'sre'],
      droppedGroups: ['sre-x', 'xdev-a'],
    });
  });

  it('drops system groups unless they are allowed by exact name, whatever the patterns match', () => {
    const names = ['system:masters', 'system:nodes', 'System:masters', 'system:masters '];
    expect(impersonation(names)).toMatchObject({ groups: [], droppedGroups: names });
    const rules = createImpersonateRules({ groups: ['*'], allowSystem: ['system:nodes'] });
    expect(impersonation(names, rules).groups).toEqual(['system:nodes']);
    expect(
      impersonation(names, createImpersonateRules({ groups: ['dev'], allowSystem: ['system:nodes'] })).groups,
    ).toEqual([]);
  });

  it('drops groups that a header line would change or could not carry', () => {
    expect(
      impersonation([
        '',
        ' system:masters',
        '\tx',
        'a\r\nImpersonate-Group: b',
        'nul\0',
        'lone\ud800',
        'Gärtner',
        '开发',
      ]),
    ).toMatchObject({ groups: ['Gärtner', '开发'] });
  });

  it("refuses Kubernetes' own user names, and those that a header line would change", () => {
    const rules = createImpersonateRules({ groups: ['*'], allowSystem: ['system:serviceaccount:a:b'] });
    for (const user of ['system:admin', 'system:serviceaccount:kube-system:default', 'SYSTEM:admin'])
      expect(rules.refuseUser(user)).toMatch(/reserved/);
    for (const user of ['', ' ', ' system:admin', 'a\n', 'x\u007f'])
      expect(rules.refuseUser(user)).toMatch(/is empty, contains/);
    for (const user of ['alice', 'system', 'Jürgen', 'system:serviceaccount:a:b'])
      expect(rules.refuseUser(user)).toBeUndefined();
  });
});

describe("a caller's view", () => {
  it('is derived once for a session object, and again for another one with the same id', () => {
    const views = createCallerViews();
    const before = sessionOf(identityOf('alice', ['sre']));
    const after = { ...before, identity: identityOf('alice', []) };
    expect(views.of(before)).toBe(views.of(before));
    expect(views.of(before).appearance(everything)).toBe(views.of(before).appearance(everything));
    expect(views.of(after).user.groups).toEqual([]);
    expect(views.of(before).user.groups).toEqual(['sre']);
  });

  it('does not show the claims', () => {
    const view = createCallerViews().of(sessionOf(identityOf('alice')));
    expect(view.json).not.toContain('secret');
    expect(view.user.claims).toEqual({ secret: 'claim' });
  });

  it('has an appearance for each cluster, also if the rules are replaced often', () => {
    const view = createCallerViews().of(sessionOf(identityOf('alice', ['a', 'b'])));
    for (let round = 0; round < 200; round += 1) {
      const appearance = view.appearance(
        createImpersonateRules({ groups: [round % 2 === 0 ? 'a' : 'b'], allowSystem: [] }),
      );
      expect(appearance.refusal ?? JSON.parse(appearance.json).groups).toEqual([round % 2 === 0 ? 'a' : 'b']);
    }
  });
});
