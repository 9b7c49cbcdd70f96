import { describe, expect, it } from '@jest/globals';
import { ConfigFaults, readConfig } from '@sallyport/kit';
import type { CompiledPolicy } from '@sallyport/policy';
import { loadedConfig, sampleConfig } from '../testing/authorize-rig.ts';
import { compileConfigPolicies } from './compile-policies.ts';
import type { ClusterRules } from './policy-set.ts';

const rule = { allow: { or: [{ groups: 'x' }] } };
const recorded = { and: [{ groups: 'x' }] };
const keptAt = { recipients: [`age1${'q'.repeat(58)}`], store: { dir: '/recordings' } };

describe('the policies of a configuration', () => {
  it('are compiled by cluster and area, with a version and warnings', () => {
    const { snapshot, warnings } = compileConfigPolicies(loadedConfig());
    expect([...snapshot.clusters.keys()]).toEqual(['dev', 'open', 'shut']);
    expect(snapshot).toMatchObject({ ruleCount: 4, version: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(warnings.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'clusters.1.policy.allow.or.0.accept: accept on a cluster admits every authenticated user',
      'clusters.2.policy: is missing: no request to this cluster is allowed',
    ]);
  });

  it('have another version if a rule changes', () => {
    const changed = { ...sampleConfig, api: { policy: {} } };
    expect(compileConfigPolicies(loadedConfig(changed)).snapshot.version).not.toBe(
      compileConfigPolicies(loadedConfig()).snapshot.version,
    );
  });

  it('have another version if another policy is used, or other users may be impersonated', () => {
    const versionOf = (cluster: object) =>
      compileConfigPolicies(
        loadedConfig({
          ...sampleConfig,
          policies: { a: rule, b: rule },
          clusters: [{ ...sampleConfig.clusters[0], ...cluster }],
        }),
      ).snapshot.version;
    const versions = [
      { policies: ['a'] },
      { policies: ['b'] },
      { policies: ['b', 'a'] },
      { namespaces: [{ match: 'x', policies: ['a'] }] },
      { namespaces: [{ match: 'x*', policies: ['a'] }] },
      { shadow: rule },
      { impersonate: { groups: ['x'] } },
      {},
    ].map(versionOf);
    expect(new Set(versions).size).toBe(versions.length);
    expect(versionOf({ explain: true, server: 'https://10.0.0.9' })).toBe(versionOf({}));
  });

  it('have another version if other sessions are recorded', () => {
    const versionOf = (recordings: object) =>
      compileConfigPolicies(loadedConfig({ ...sampleConfig, recordings: { ...keptAt, ...recordings } })).snapshot
        .version;
    const versions = [
      {},
      { default: 'optional' },
      { default: 'required' },
      { rules: [{ record: 'optional', ...recorded }] },
      { rules: [{ record: 'required', ...recorded }] },
    ].map(versionOf);
    expect(new Set(versions).size).toBe(versions.length);
    expect(versionOf({ input: true })).toBe(versionOf({}));
    expect(versionOf({})).toBe(compileConfigPolicies(loadedConfig()).snapshot.version);
  });

  it('about recordings have faults where they are written, and no warnings about denials', () => {
    const check = (...rules: object[]) =>
      compileConfigPolicies(loadedConfig({ ...sampleConfig, recordings: { ...keptAt, rules } })).warnings.filter(
        ({ path }) => path.startsWith('recordings'),
      );
    expect(() => check({ record: 'required', and: [{ grups: 'x' }] }, { record: 'off', nand: [] })).toThrow(
      /recordings\.rules\.0\.and\.0\.grups: .*\n.*recordings\.rules\.1\.nand: /,
    );
    expect(check({ record: 'required', and: [{ http_method: 'GET' }, { 'k8s/name': 'db' }] })).toEqual([]);
    expect(check({ record: 'required', and: [{ 'k8s/cluster': 'dve' }] })).toMatchObject([
      { path: 'recordings.rules.0.and.0.k8s/cluster', code: 'unknown-cluster' },
    ]);
  });

  it('apply to all clusters that name them, and are compiled once', () => {
    const clusters = [
      { ...sampleConfig.clusters[0], policies: ['base'] },
      {
        ...sampleConfig.clusters[1],
        policies: ['base'],
        explain: true,
        shadow: rule,
        namespaces: [{ match: ['a*', 'b'], policy: rule }],
      },
    ];
    const { snapshot, warnings } = compileConfigPolicies(
      loadedConfig({ ...sampleConfig, policies: { base: rule, spare: rule }, policy: rule, clusters }),
    );
    const [dev, open] = ['dev', 'open'].map((name) => snapshot.clusters.get(name)!) as [ClusterRules, ClusterRules];
    const scopes = (policies: readonly CompiledPolicy[]) => policies.map(({ scope }) => scope);
    expect(scopes(dev.policiesFor('b'))).toEqual(['global', 'policy/base', 'cluster/dev']);
    expect(scopes(open.policiesFor('b'))).toEqual(['global', 'policy/base', 'cluster/open', 'namespace/open/a*,b']);
    expect(dev.policiesFor('')[1]).toBe(open.policiesFor('')[1]);
    expect(scopes(open.shadow)).toEqual(['shadow/cluster/open']);
    expect([dev.explain, open.explain]).toEqual([false, true]);
    expect(warnings.map(({ path }) => path)).toContain('policies.spare');
  });

  it('are refused if a name is not defined', () => {
    const config = loadedConfig({
      ...sampleConfig,
      policies: { developers: rule },
      clusters: [
        {
          ...sampleConfig.clusters[0],
          policies: ['develpers'],
          namespaces: [{ match: 'x', policies: ['quite-another'] }],
        },
      ],
    });
    expect(() => compileConfigPolicies(config))
      .toThrow(`sallyport.yaml: clusters.0.policies.0: there is no policy "develpers" (did you mean developers?)
sallyport.yaml: clusters.0.namespaces.0.policies.0: there is no policy "quite-another" (define it under "policies")`);
  });

  it('are refused as a whole, with all faults and their lines and columns', () => {
    const text = `
gateway: {url: "http://127.0.0.1:1"}
clusters:
  - name: dev
    server: https://10.0.0.1
    token: t
    policy:
      - allow:
          or:
            - gruops: x
api:
  policy:
    audit: [{alow: {}}]
`;
    let thrown: unknown;
    try {
      compileConfigPolicies(readConfig(text, 'sallyport.yaml', {}));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ConfigFaults);
    expect((thrown as Error).message.split('\n')).toEqual([
      'sallyport.yaml:10:15: clusters.0.policy.0.allow.or.0.gruops: unknown criterion "gruops" (did you mean groups?)',
      'sallyport.yaml:13:14: api.policy.audit.0.alow: unknown action "alow" (did you mean allow?)',
    ]);
  });
});
