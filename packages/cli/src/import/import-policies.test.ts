import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { importSource, putSource, route } from '../testing/import-pomerium.ts';
import { createRig, type Rig } from '../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());

const policyOf = async (...lines: string[]) => {
  putSource(rig, route(...lines));
  return (await importSource(rig)).parsed.clusters[0]?.policy;
};

describe('the access rules', () => {
  it('keep the users of the older lists', async () => {
    expect(
      await policyOf(
        'allowed_users: [a@corp.test, opaque-id]',
        'allowed_domains: corp.test',
        'allowed_groups: [g1, g2]',
      ),
    ).toEqual([
      {
        allow: {
          or: [
            { domain: { is: 'corp.test' } },
            { groups: { has: 'g1' } },
            { groups: { has: 'g2' } },
            { email: { is: 'a@corp.test' } },
            { user: { is: 'opaque-id' } },
          ],
        },
      },
    ]);
  });

  it('keep the users with the named claims', async () => {
    expect(await policyOf('allowed_idp_claims: {family_name: [Doe, Roe], "urn:corp/level": "7"}')).toEqual([
      {
        allow: {
          or: [{ 'claim/family_name': 'Doe' }, { 'claim/family_name': 'Roe' }, { 'claim/urn:corp/level': '7' }],
        },
      },
    ]);
  });

  it('do not take for a name or a message what Pomerium would refuse', async () => {
    for (const key of ['name', 'message']) {
      putSource(rig, route(`policy: [{${key}: x, allow: {or: [{accept: true}]}}]`));
      const { parsed, notCarried } = await importSource(rig);
      expect(parsed.clusters).toEqual([]);
      expect(notCarried.slice(0, 1)).toMatchObject([
        {
          path: `routes.0.policy.0.${key}`,
          message: expect.stringContaining("not part of Pomerium's policy language"),
        },
      ]);
    }
  });

  it('never allow users who have not logged in', async () => {
    expect(await policyOf('allow_public_unauthenticated_access: true')).toEqual([
      { allow: { or: [{ authenticated_user: true }] } },
    ]);
  });

  it('keep the limits on paths', async () => {
    expect(await policyOf('allow_any_authenticated_user: true', 'prefix: /api/v1')).toEqual([
      { allow: { or: [{ authenticated_user: true }] } },
      { deny: { not: [{ http_path: { starts_with: '/api/v1' } }] } },
    ]);
    expect(await policyOf('allow_any_authenticated_user: true', 'path: /version')).toEqual([
      { allow: { or: [{ authenticated_user: true }] } },
      { deny: { not: [{ http_path: '/version' }] } },
    ]);
  });

  it('may be a policy in a string', async () => {
    expect(await policyOf('policy: |', '  allow:', '    and:', '      - groups:', '          has: admins')).toEqual([
      { allow: { and: [{ groups: { has: 'admins' } }] } },
    ]);
  });

  it('cause a note if they change their meaning', async () => {
    putSource(
      rig,
      route(
        'policy:',
        '  - allow:',
        '      or:',
        '        - user: {is: 00u1opaque}',
        '        - ssh_username: {is: root}',
      ),
    );
    const { notes } = await importSource(rig);
    expect(notes.map(({ path: where }) => where)).toEqual(
      expect.arrayContaining(['routes.0.policy.0.allow.or.0.user', 'routes.0.policy.0.allow.or.1.ssh_username']),
    );
  });

  it('are empty if the route had none', async () => {
    putSource(rig, route());
    const { parsed, notes } = await importSource(rig);
    expect(parsed.clusters[0]!.policy).toEqual([]);
    expect(notes.map(({ message }) => message)).toContain('has no policy, so nobody has access, as in Pomerium');
  });

  it.each([
    ['a criterion that is not known', 'policy: [{allow: {or: [{laptop: x}]}}]', /policy\.0\.allow\.or\.0\.laptop/],
    ['a path that is a regular expression', 'regex: ^/api', /routes\.0\.regex/],
    ['a rewritten path', 'prefix_rewrite: /x', /routes\.0\.prefix_rewrite/],
    ['an own CA for callers', 'tls_downstream_client_ca_file: /ca', /routes\.0\.tls_downstream_client_ca_file/],
    ['a sub-policy in Rego', 'sub_policies: [{id: a, rego: [x]}]', /routes\.0\.sub_policies\.0/],
    ['a substitution in a policy', 'policy: [{allow: {or: [{domain: "${file:/etc/passwd}"}]}}]', /routes\.0/],
    ['a substitution in a file name', 'tls_custom_ca_file: "${env:HOME}"', /routes\.0/],
    ['a redirect', 'redirect: {https_redirect: true}', /routes\.0\.redirect/],
  ])('exclude the route if it would allow more: %s', async (_what, line, where) => {
    putSource(rig, route('allow_any_authenticated_user: true', line));
    const { parsed, notCarried } = await importSource(rig);
    expect(parsed.clusters).toEqual([]);
    expect(notCarried.map((one) => one.path).join()).toMatch(where);
    expect(notCarried.map((one) => `${one.path}: ${one.message}`)).toContain(
      'routes.0: is left out because of its options, see above',
    );
  });

  it('exclude a route that would send the credential unencrypted', async () => {
    putSource(rig, route('allow_any_authenticated_user: true').replace('https://10.0.0.1', 'http://10.0.0.1'));
    expect((await importSource(rig)).parsed.clusters).toEqual([]);
  });
});
