// A stand-in for the policy language: a document is a list of texts; "bad" is a fault, "doubtful" a warning, and "idle" one of lint.
import { createHash } from 'node:crypto';
import type { PolicyEngine } from '../config/check-policies.ts';

export const compilePolicy: PolicyEngine['compilePolicy'] = (document, { scope }) => {
  const rules = Array.isArray(document) ? (document as unknown[]) : [document];
  const at = (word: string) =>
    rules.flatMap((rule, index) =>
      rule === word ? [{ path: [index], message: `is ${word}`, hint: 'did you mean good?' }] : [],
    );
  if (rules.includes('endless')) for (;;);
  return at('bad').length > 0
    ? { ok: false, faults: at('bad') }
    : { ok: true, policy: { scope, rules }, warnings: at('doubtful') };
};

export const lintPolicies: NonNullable<PolicyEngine['lintPolicies']> = ({ policies }) =>
  policies.flatMap(({ policy }) => {
    const { scope, rules } = policy as { scope: string; rules: unknown[] };
    if (rules.includes('unlintable')) throw new Error('lint fails');
    return rules.flatMap((rule, index) => (rule === 'idle' ? [{ scope, path: [index], message: 'is idle' }] : []));
  });

export const policyVersion: PolicyEngine['policyVersion'] = (documents) => {
  const text = JSON.stringify(documents);
  if (text.includes('huge')) throw new RangeError('the policy has too many values');
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
};
