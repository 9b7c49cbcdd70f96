import { describe, expect, it } from '@jest/globals';
import { ConfigFaults, readConfig } from '@sallyport/kit';
import { loadedConfig, sampleConfig } from '../authorize-rig.test.support.ts';
import { compileConfigPolicies } from './compile-config-policies.ts';

describe('the policies of a configuration', () => {
  it('are compiled by cluster and area, with a version and what is doubtful', () => {
    const { snapshot, warnings } = compileConfigPolicies(loadedConfig());
    expect([...snapshot.clusters.keys()]).toEqual(['dev', 'open', 'shut']);
    expect(snapshot).toMatchObject({ ruleCount: 4, version: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(warnings.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'clusters.1.policy.allow.or.0.accept: accept on a cluster admits every authenticated caller, whoever they are',
      'clusters.2.policy: is missing: nobody may do anything on this cluster',
    ]);
  });

  it('have another version when a rule changes', () => {
    const changed = { ...sampleConfig, api: { policy: {} } };
    expect(compileConfigPolicies(loadedConfig(changed)).snapshot.version).not.toBe(compileConfigPolicies(loadedConfig()).snapshot.version);
  });

  it('are refused as a whole, all faults at once, with line and column', () => {
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
