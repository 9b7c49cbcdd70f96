import { describe, expect, it } from '@jest/globals';
import { compilePolicy, type PolicyInput } from '@sallyport/policy';
import { checkOf, identityOf, kubernetes, sampleConfig, startRig } from '../testing/authorize-rig.ts';
import { explainRefusal } from './explain-refusal.ts';

const input: PolicyInput = {
  session: { id: 's' },
  user: { id: 'alice', email: 'alice@example.com', groups: ['developers'] },
  kubernetes: { cluster: 'dev', verb: 'delete', namespace: 'dev' },
};
function explain(document: unknown): string | undefined {
  const compiled = compilePolicy(document, { scope: 'cluster/dev' });
  if (!compiled.ok) throw new Error('does not compile');
  return explainRefusal([compiled.policy], input);
}

describe('the explanation of a refusal', () => {
  it('names the nearest rules that would allow the request, and what they need', () => {
    expect(
      explain([
        { allow: { and: [{ groups: 'sre' }, { 'k8s/namespace': 'prod' }, { 'k8s/verb': 'delete' }] } },
        { allow: { and: [{ groups: 'sre' }, { 'k8s/verb': 'delete' }] } },
        { allow: { or: [{ email: 'bob@example.com' }, { groups: { has: 'ops' } }] } },
        { allow: { not: [{ groups: 'developers' }] } },
      ]),
    ).toBe(
      'it would be allowed by rule "cluster/dev[1].allow.and" with groups: "sre"; rule "cluster/dev[2].allow.or" with email: "bob@example.com" or groups: {"has":"ops"}; rule "cluster/dev[3].allow.not" without groups: "developers"',
    );
  });

  it('names the rule that denies the request, and why', () => {
    expect(
      explain([
        { allow: { or: [{ groups: 'developers' }] } },
        { deny: { and: [{ 'k8s/verb': 'delete' }, { 'k8s/namespace': 'dev' }] } },
      ]),
    ).toBe('rule "cluster/dev[1].deny.and" denies it for k8s/verb: "delete", k8s/namespace: "dev"');
    expect(explain([{ deny: { not: [{ groups: 'sre' }] } }])).toBe(
      'rule "cluster/dev[0].deny.not" denies it without groups: "sre"',
    );
  });

  it('is short, and omitted if it would take long', () => {
    expect(explain([{ allow: { or: [{ groups: { has: 'x'.repeat(5000) } }] } }])!.length).toBeLessThan(300);
    expect(explain(Array.from({ length: 501 }, () => ({ allow: { or: [{ groups: 'x' }] } })))).toBeUndefined();
    expect(explain([])).toBeUndefined();
  });

  it('is given only on clusters that permit it', async () => {
    const [dev] = sampleConfig.clusters;
    const rig = await startRig({
      config: {
        ...sampleConfig,
        clusters: [
          { ...dev, explain: true },
          { ...dev, name: 'quiet' },
        ],
      },
    });
    const token = await rig.logIn(identityOf('mallory'));
    const [open, quiet, allowed] = await rig.ask(
      ...['dev', 'quiet'].map((name) => checkOf(token, { kind: 'cluster', name }, { kubernetes: kubernetes() })),
      checkOf(await rig.logIn(identityOf('alice', ['developers'])), { kind: 'cluster', name: 'dev' }),
    );
    expect(open!.problem?.detail).toMatch(
      /\(criteria: groups; you are not in any group; it would be allowed by rule "cluster\/dev\[0\]\.allow\.or" with groups: "developers"\)$/,
    );
    expect(quiet!.problem?.detail).not.toContain('developers');
    expect(allowed).not.toHaveProperty('problem');
    await rig.close();
  });
});
