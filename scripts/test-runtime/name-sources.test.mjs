import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { nameSources } from './name-sources.mjs';

const file = fileURLToPath(import.meta.url);

describe('the stack of a failed test', () => {
  it('names its file by the path, as jest shows it and editors open it', () => {
    const error = new Error('outer', { cause: new Error('inner') });
    expect(error.stack).toMatch(/name-sources\.test\.mjs\?file=\d+:/);
    nameSources(error);
    for (const { stack } of [error, error.cause]) expect(stack).toMatch(new RegExp(`\\(${file}:\\d+:\\d+\\)`));
  });

  it('stays as it is if it cannot change, or if no error was thrown', () => {
    const frozen = Object.freeze(new Error('frozen'));
    for (const thrown of [frozen, 'a text', undefined, null]) expect(() => nameSources(thrown)).not.toThrow();
  });
});
