import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { render } from './output.ts';
import { renderYaml } from './render-yaml.ts';

describe('a result as YAML', () => {
  it('is the same data, and contains no control characters', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }), async (value) => {
        const text = renderYaml(value);
        expect(parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/);
      }),
      { numRuns: 500 },
    );
    expect(renderYaml({ user: 'x\u001b[2J\u202e', n: 1 })).toBe('{\n  "user": "x\\u001b[2J\\u202e",\n  "n": 1\n}\n');
  });

  it('has times and words that are text for readers of YAML 1.1 too', async () => {
    expect(renderYaml({ since: '2026-11-25T12:00:00.000Z', answer: 'no' })).toBe(
      'since: "2026-11-25T12:00:00.000Z"\nanswer: "no"\n',
    );
  });

  it('is readable', async () => {
    expect(await render('yaml', { decision: { effect: 'allow' }, groups: ['a'], none: undefined }, () => 'text')).toBe(
      'decision:\n  effect: allow\ngroups:\n  - a\n',
    );
    expect(await render('text', {}, () => 'text')).toBe('text');
    expect(await render('json', {}, () => 'text')).toBe('{}\n');
  });
});
