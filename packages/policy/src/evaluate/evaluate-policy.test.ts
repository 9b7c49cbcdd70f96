import { describe, expect, it } from '@jest/globals';
import { compilePolicy } from '../compile/compile-policy.ts';
import type { CompiledPolicy } from '../language/compiled-policy.ts';
import { reasons } from '../language/reasons.ts';
import { fail, pass, type Verdict } from '../language/verdict.ts';
import { evaluatePolicy } from './evaluate-policy.ts';

function compile(document: unknown, scope = 'cluster/dev'): CompiledPolicy {
  const compiled = compilePolicy(document, { scope });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return compiled.policy;
}
/** Returns a policy whose criteria have fixed verdicts. */
function fixed(allow: Verdict[], deny: Verdict[] = []): CompiledPolicy {
  const block = (action: string, verdicts: Verdict[]) =>
    verdicts.length === 0
      ? []
      : [
          {
            name: `x[0].${action}.or`,
            every: false,
            invert: false,
            criteria: verdicts.map((verdict) => () => verdict),
            labels: verdicts.map(() => 'x'),
            data: verdicts,
          },
        ];
  return { scope: 'x', ruleCount: 1, allow: block('allow', allow), deny: block('deny', deny) };
}
const alice = { session: { id: 's' }, user: { id: 'alice', groups: ['dev'] } };

describe('a decision', () => {
  it('is deny without any policy', () => {
    expect(evaluatePolicy([], alice)).toEqual({
      effect: 'deny',
      rule: 'default-deny',
      allow: { value: false, reasons: [] },
      deny: { value: false, reasons: [] },
    });
  });

  it('names the first rule that allowed, by scope, index, action and operator', () => {
    const policy = compile([
      { allow: { and: [{ groups: 'ops' }] } },
      { allow: { or: [{ groups: 'ops' }], not: [{ groups: 'ops' }] } },
    ]);
    expect(evaluatePolicy([policy], alice)).toMatchObject({ effect: 'allow', rule: 'cluster/dev[1].allow.not' });
  });

  it('is deny if a deny rule holds in any scope', () => {
    const dev = compile({ allow: { or: [{ groups: 'dev' }] } });
    const everywhere = compile([{ deny: { and: [{ groups: 'dev' }] } }], 'global');
    expect(evaluatePolicy([dev], alice).effect).toBe('allow');
    for (const policies of [
      [dev, everywhere],
      [everywhere, dev],
    ]) {
      expect(evaluatePolicy(policies, alice)).toEqual({
        effect: 'deny',
        rule: 'global[0].deny.and',
        allow: { value: true, reasons: ['groups-ok'] },
        deny: { value: true, reasons: ['groups-ok'] },
      });
    }
  });

  it('keeps nothing from the previous evaluation', () => {
    const policy = compile({ allow: { or: [{ groups: 'dev' }] } });
    const refused = evaluatePolicy([policy], {});
    evaluatePolicy([policy], alice);
    expect(evaluatePolicy([policy], {})).toEqual(refused);
    expect(refused).toMatchObject({ effect: 'authenticate', allow: { reasons: ['user-unauthenticated'] } });
  });
});

describe('log in first', () => {
  it('ranks above a deny and an allow', () => {
    expect(evaluatePolicy([fixed([pass('accept')], [fail('user-unauthenticated')])], {}).effect).toBe('authenticate');
    expect(evaluatePolicy([fixed([fail('user-unauthenticated')], [pass('accept')])], {})).toMatchObject({
      effect: 'authenticate',
      rule: 'x[0].deny.or',
    });
  });

  it('ranks below an invalid client certificate among the deny reasons', () => {
    for (const reason of ['client-certificate-required', 'invalid-client-certificate'] as const) {
      expect(evaluatePolicy([fixed([fail('user-unauthenticated')], [pass(reason)])], {}).effect).toBe('deny');
      expect(evaluatePolicy([fixed([pass('accept')], [fail(reason)])], {})).toMatchObject({
        effect: 'deny',
        rule: 'default-deny',
      });
      expect(evaluatePolicy([fixed([fail('user-unauthenticated'), fail(reason)])], {}).effect).toBe('authenticate');
    }
  });

  it('ranks above an unknown device, which is a refusal', () => {
    expect(evaluatePolicy([fixed([fail('device-unauthenticated'), fail('user-unauthenticated')])], {}).effect).toBe(
      'authenticate',
    );
    expect(evaluatePolicy([fixed([fail('device-unauthenticated')])], {}).effect).toBe('deny');
    expect(evaluatePolicy([fixed([pass('accept')], [fail('device-unauthenticated')])], {}).effect).toBe('deny');
  });
});

describe('an evaluation', () => {
  it('throws if a criterion returns no verdict', () => {
    for (const verdict of [0, Number.NaN, undefined as never])
      expect(() => evaluatePolicy([fixed([verdict])], {})).toThrow('no verdict');
  });

  it('reports every reason of the closed set, sorted', () => {
    const all = reasons.filter((reason) => !reason.includes('certificate') && !reason.includes('unauthenticated'));
    expect(evaluatePolicy([fixed(all.map(pass))], {}).allow.reasons).toEqual([...all].sort());
    for (const reason of reasons) expect(evaluatePolicy([fixed([pass(reason)])], {}).allow.reasons).toEqual([reason]);
  });
});
