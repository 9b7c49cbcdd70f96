import { describe, expect, it } from '@jest/globals';
import { compilePolicy } from '../../compile/compile-policy.ts';
import { evaluatePolicy } from '../../evaluate/evaluate-policy.ts';

function effect(document: unknown, path: string): string {
  const compiled = compilePolicy(document, { scope: 'cluster/dev' });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return evaluatePolicy([compiled.policy], {
    request: { path: `/clusters/dev${path}` },
    kubernetes: { isResourceRequest: false, path },
  }).effect;
}
const accept = { allow: { or: [{ accept: true }] } };

describe('a slash at the end of a path', () => {
  it.each([
    'kubernetes.path == "/version"',
    'kubernetes.path == "/version/"',
    'kubernetes.path.startsWith("/version/")',
    'kubernetes.path.endsWith("n")',
    'request.path == "/clusters/dev/version"',
    'request.path.endsWith("/version/")',
  ])('does not bypass a deny of %s', (expression) => {
    expect(effect([accept, { deny: { or: [{ expression }] } }], '/version/')).toBe('deny');
    expect(effect([accept, { deny: { nor: [{ expression: `!(${expression})` }] } }], '/version/')).toBe('deny');
    expect(effect([accept, { deny: { not: [{ expression: `!(${expression})` }] } }], '/version/')).toBe('deny');
  });

  it.each(['kubernetes.path != "/secret"', 'request.path != "/clusters/dev/secret"', 'kubernetes.path == "/secret/"'])(
    'does not satisfy an allow of %s',
    (expression) => {
      expect(effect({ allow: { or: [{ expression }] } }, '/secret/')).toBe('deny');
      expect(effect({ allow: { nor: [{ expression: `!(${expression})` }] } }, '/secret/')).toBe('deny');
    },
  );

  it('does not stop an allow that holds for both spellings', () => {
    expect(effect({ allow: { or: [{ expression: 'kubernetes.path.startsWith("/version")' }] } }, '/version/')).toBe(
      'allow',
    );
    expect(effect([accept, { deny: { or: [{ expression: 'kubernetes.path == "/healthz"' }] } }], '/version/')).toBe(
      'allow',
    );
  });
});
