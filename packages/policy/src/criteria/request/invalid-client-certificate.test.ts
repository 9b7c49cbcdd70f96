import { describe, expect, it } from '@jest/globals';
import { compilePolicy } from '../../compile/compile-policy.ts';
import { evaluatePolicy } from '../../evaluate/evaluate-policy.ts';
import { evaluateCriterion } from '../../testing/evaluate-criterion.ts';

const ask = (clientCertificate: object | undefined) =>
  evaluateCriterion('invalid_client_certificate', true, { request: { clientCertificate } });

describe('invalid_client_certificate', () => {
  it('does not hold for a certificate that the gateway trusts', () => {
    expect(ask({ presented: true, valid: true })).toEqual([false, 'valid-client-certificate']);
  });

  it('holds without a certificate, and for any other', () => {
    for (const certificate of [undefined, {}, { presented: false, leaf: 'x' }])
      expect(ask(certificate)).toEqual([true, 'client-certificate-required']);
    for (const certificate of [
      { presented: true },
      { presented: true, valid: false },
      { leaf: 'x' },
      { presented: true, valid: 'true' },
    ])
      expect(ask(certificate)).toEqual([true, 'invalid-client-certificate']);
  });

  it('refuses under deny before the caller is asked to log in', () => {
    const compiled = compilePolicy(
      [{ allow: { or: [{ authenticated_user: true }] } }, { deny: { or: [{ invalid_client_certificate: true }] } }],
      { scope: 'x' },
    );
    const effect = (clientCertificate: object) =>
      compiled.ok && evaluatePolicy([compiled.policy], { request: { clientCertificate } }).effect;
    expect([effect({}), effect({ presented: true, valid: true })]).toEqual(['deny', 'authenticate']);
  });
});
