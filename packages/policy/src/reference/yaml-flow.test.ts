import { describe, expect, it } from '@jest/globals';
import { yamlFlow } from './policy-reference.ts';

describe('writing YAML on one line', () => {
  it('quotes only what could be read as another type', () => {
    expect(
      yamlFlow({ email: { ends_with: '@example.com' }, list: ['a', 'true', '5', 'no', ''], n: 5, b: true, none: null }),
    ).toBe('{email: {ends_with: "@example.com"}, list: [a, "true", "5", "no", ""], "n": 5, b: true, none: null}');
    expect(yamlFlow(['k8s/verb', '/healthz', 'a@b.c', '>=', 'a: b', 'x "y"'])).toBe(
      '[k8s/verb, /healthz, a@b.c, ">=", "a: b", "x \\"y\\""]',
    );
    expect(yamlFlow('say "hi"\n')).toBe('"say \\"hi\\"\\n"');
  });
});
