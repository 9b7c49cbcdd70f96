import { describe, expect, it } from '@jest/globals';
import { configSchema, type Config } from './index.ts';
import { warnOfWorkloads } from './warnings.ts';
import { faultsOfWorkloadNames } from './workload-names.ts';

const github = 'https://token.actions.githubusercontent.com';
const ci = {
  name: 'ci',
  issuer: 'https://ci.example.com',
  audience: 'sallyport',
  match: { repository: 'example/shop', ref: 'refs/heads/main' },
  user: 'ci:{{repository}}',
};
const read = (workloads: object[], more: object = {}) =>
  configSchema.safeParse({ gateway: { url: 'http://127.0.0.1:8080' }, workloads, ...more });
const faultsOf = (...workloads: object[]) =>
  read(workloads).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? [];
const configOf = (workloads: object[], more: object = {}): Config => read(workloads, more).data!;
const warningsOf = (...workloads: object[]) =>
  warnOfWorkloads(configOf(workloads).workloads).map(({ path, message }) => `${path} ${message}`);

describe('a workload', () => {
  it('has one issuer, and a lifetime of an hour', () => {
    expect(configOf([ci]).workloads[0]).toMatchObject({ maxLifetime: 3_600_000, groups: [] });
  });

  it('keeps its issuer as it is written, with a slash at the end too', () => {
    expect(configOf([{ ...ci, issuer: 'https://ci.example.com/' }]).workloads[0]!.issuer).toBe(
      'https://ci.example.com/',
    );
  });

  it.each<[string, object, string]>([
    ['no issuer', { issuer: undefined }, 'issuer is missing'],
    ['an issuer in clear text', { issuer: 'http://ci.example.com' }, 'not an https URL'],
    ['two issuers', { serviceAccounts: { cluster: 'dev' } }, 'is of no use with issuer'],
    ['no audience', { audience: undefined }, 'audience'],
    ['an empty audience', { audience: '' }, 'audience'],
    ['nothing to match', { match: {} }, 'every token of the issuer would match'],
    ['a number to match', { match: { id: 7 } }, 'put numbers in quotes'],
    ['two stars in a row', { match: { ref: 'refs/**' } }, 'two * in a row'],
    ['a user without a prefix', { user: '{{repository}}' }, 'prefix'],
    ['a user without a colon', { user: 'ci-{{repository}}' }, 'prefix'],
    ['a user whose prefix is a claim', { user: '{{a}}:{{b}}' }, 'prefix'],
    ['a user of Kubernetes', { user: 'system:{{sub}}' }, 'reserved for Kubernetes'],
    ['a user of a service account', { user: 'service-account:{{sub}}' }, 'reserved for service accounts'],
    ['a brace too many', { user: 'ci:{{repository}' }, 'brace'],
    ['an empty placeholder', { user: 'ci:{{}}' }, 'without a claim'],
    ['a group of Kubernetes', { groups: ['system:masters'] }, 'reserved for Kubernetes'],
    ['too long a lifetime', { maxLifetime: '25h' }, '24h at most'],
    ['keys in clear text', { jwksUri: 'http://ci.example.com/keys' }, 'must begin with https'],
    ['a trust domain without keys', { issuer: undefined, spiffe: { trustDomain: 'a.b' } }, 'jwksUri is missing'],
    [
      'a CA for a cluster',
      { issuer: undefined, serviceAccounts: { cluster: 'dev' }, caFile: 'ca.crt' },
      'caFile is of no use',
    ],
    ['an unknown setting', { audiences: ['a'] }, 'audiences'],
  ])('is refused with %s', (_what, changes, fault) => {
    expect(faultsOf({ ...ci, ...changes }).join('\n')).toContain(fault);
  });

  it('has a name of its own', () => {
    expect(faultsOf(ci, ci).join()).toContain('two workloads have the same name');
  });

  it.each<[object, boolean]>([
    [{ repository: 'example/shop', ref: 'x' }, true],
    [{ repository: 'example/*', ref: 'x' }, true],
    [{ sub: 'repo:example/*:ref:refs/heads/main' }, true],
    [{ repository_owner: 'example', ref: 'x' }, true],
    [{ repository: '*/shop' }, false],
    [{ repository: ['example/shop', '*/shop'] }, false],
    [{ repository: 'exam*/shop' }, false],
    [{ repository_owner: 'exam*' }, false],
    [{ sub: 'repo:*' }, false],
    [{ ref: 'refs/heads/main' }, false],
    [{ repository: true }, false],
  ])('of an issuer that serves anyone must say whose jobs match: %j', (match, accepted) => {
    expect(faultsOf({ ...ci, issuer: github, match }).join()).toEqual(
      accepted ? '' : expect.stringContaining('must say whose jobs match'),
    );
  });
});

describe('the users of workloads and people', () => {
  const provider = { id: 'corp', issuer: 'https://gitlab.example.com', clientId: 'sallyport' };
  const faults = (workload: object, changes: object) =>
    faultsOfWorkloadNames(configOf([workload], { identity: { providers: [{ ...provider, ...changes }] } }))
      .map(({ path, message }) => `${path} ${message}`)
      .join();

  it('are kept apart by their prefixes', () => {
    expect(faults(ci, {})).toBe('');
    expect(faults(ci, { prefix: { user: 'corp:' } })).toBe('');
    expect(faults(ci, { prefix: { user: 'ci:' } })).toContain('workloads.0.user begins with ci:');
    expect(faults({ ...ci, user: 'corp:{{sub}}' }, { userFallback: true })).toContain('choose another prefix');
  });

  it('are kept apart by the audience if one issuer serves both', () => {
    const gitlab = { ...ci, issuer: 'https://gitlab.example.com' };
    expect(faults(gitlab, {})).toContain('workloads.0.audience is a client ID');
    expect(faults({ ...gitlab, audience: 'other' }, { audiences: ['other'] })).toContain('choose another audience');
    expect(faults({ ...gitlab, audience: 'machines' }, {})).toBe('');
  });
});

describe('a warning', () => {
  it.each<[string, object, boolean]>([
    ['ci:{{a}}:{{b}}', {}, false],
    ['ci:{{a}}/x:{{b}}', {}, false],
    ['ci:{{a}}-{{b}}', {}, true],
    ['ci:{{a}}{{b}}', {}, true],
    ['ci:{{a}}:{{b}}@{{c}}', {}, true],
    ['ci:{{a}}-{{b}}', { a: 'x*' }, true],
    ['ci:{{a}}-{{b}}', { a: 'x' }, false],
  ])('is given of claims that can flow into each other: %s with %j', (user, match, warned) => {
    const found = warningsOf({ ...ci, user, match: { ref: 'main', ...match } });
    expect(found).toEqual(warned ? [expect.stringContaining('without a colon between them')] : []);
  });

  it('is given of every branch, of the API server as audience, and of a shared prefix', () => {
    expect(warningsOf({ ...ci, issuer: github, match: { repository: 'example/shop' } })).toEqual([
      expect.stringContaining('every branch'),
    ]);
    const pods = { ...ci, issuer: undefined, serviceAccounts: { cluster: 'dev' } };
    expect(warningsOf({ ...pods, audience: 'https://kubernetes.default.svc.cluster.local' })).toEqual([
      expect.stringContaining('that of the API server'),
    ]);
    expect(warningsOf(ci, { ...pods, name: 'pods' })).toEqual([expect.stringContaining('begins like the users of ci')]);
  });

  it('is not given of what is as it should be', () => {
    expect(warningsOf({ ...ci, issuer: github }, { ...ci, name: 'more', issuer: github })).toEqual([]);
  });
});
