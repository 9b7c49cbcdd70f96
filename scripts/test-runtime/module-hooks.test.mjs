import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { importTestFile } from './module-hooks.mjs';

const file = path.join(import.meta.dirname, 'testing/counting-file.mjs');

async function load() {
  const found = [];
  await importTestFile(file, { expect: (one) => found.push(one) });
  return found;
}

describe('the modules of test files', () => {
  it('begin anew in each file, while sources are loaded once for each worker', async () => {
    const [[one], [other]] = [await load(), await load()];
    expect([one.count, other.count]).toEqual([1, 1]);
    expect(one.problem).toBeInstanceOf(Function);
    expect(one.problem).toBe(other.problem);
  });

  it('come from the sources, and not from the build', () => {
    expect(import.meta.resolve('@sallyport/kit')).toMatch(/\/packages\/kit\/src\/index\.ts$/);
    expect(import.meta.resolve('@sallyport/kit/outbound')).toMatch(/\/src\/outbound\/create-outbound-fetch\.ts$/);
  });

  it('have what `@jest/globals` exports to their own file', async () => {
    const [one, other] = [await load(), await load()];
    expect([one.length, other.length]).toEqual([1, 1]);
    expect(one[0].url).not.toBe(other[0].url);
  });

  it('fail to load like in Node.js', async () => {
    await expect(importTestFile(`${file}.missing.mjs`, {})).rejects.toMatchObject({ code: 'ERR_MODULE_NOT_FOUND' });
  });
});
