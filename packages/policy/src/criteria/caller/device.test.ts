import { describe, expect, it } from '@jest/globals';
import { compilePolicy } from '../../compile/compile-policy.ts';
import { evaluatePolicy } from '../../evaluate/evaluate-policy.ts';
import { alice, faultsOf, evaluateCriterion, warningsOf } from '../../testing/evaluate-criterion.ts';

describe('device', () => {
  it('never holds, with a warning', () => {
    for (const data of [
      { type: 'any' },
      { is: 'x' },
      { approved: true },
      { type: 'enclave_only', approved: false },
      {},
    ]) {
      expect(evaluateCriterion('device', data, alice)).toEqual([false, 'device-unauthenticated']);
      expect(warningsOf('device', data)[0]).toMatch(/never holds/);
    }
  });

  it('asks to log in first, then refuses', () => {
    const compiled = compilePolicy({ allow: { or: [{ device: { type: 'any' } }] } }, { scope: 'x' });
    expect(
      compiled.ok && [evaluatePolicy([compiled.policy], {}).effect, evaluatePolicy([compiled.policy], alice).effect],
    ).toEqual(['authenticate', 'deny']);
  });

  it('refuses unknown members and other types', () => {
    expect(faultsOf('device', { typ: 'any', approved: 'yes', is: 1 })).toEqual([
      'device.typ: unknown device matcher "typ"',
      'device.approved: must be a boolean, not a string',
      'device.is: must be a string, not a number',
    ]);
    for (const data of ['any', true, null, []]) expect(faultsOf('device', data)).toHaveLength(1);
  });
});
