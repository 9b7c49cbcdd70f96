import { describe, expect, it } from '@jest/globals';
import { missingPrograms } from './missing-programs.mjs';

const worker = `new Worker(new URL(import.meta.url.endsWith('.ts') ? './x-worker.ts' : './x-worker.js', import.meta.url))`;
const engine = `read(import.meta.resolve('@sallyport/policy'))`;

describe('what a bundle is missing', () => {
  it('is a file that a source starts by path', () => {
    expect(missingPrograms([['a.ts', worker]], ['main'])).toEqual([
      expect.stringMatching(/^a\.ts starts x-worker\.js,/),
    ]);
    expect(missingPrograms([['a.ts', worker]], ['main', 'x-worker'])).toEqual([]);
  });

  it('is a package that a source loads by its URL', () => {
    expect(missingPrograms([['b.ts', engine]], ['main'])).toEqual([expect.stringMatching(/^b\.ts starts policy\.js,/)]);
    expect(missingPrograms([['b.ts', engine]], ['main', 'policy'])).toEqual([]);
  });

  it('is a file that a source finds by a path from its own folder', () => {
    const source = `readFileSync(new URL('../recipes/redis.json', import.meta.url))`;
    expect(missingPrograms([['d.ts', source]], ['main'])).toEqual([
      expect.stringMatching(/^d\.ts reads a file of its/),
    ]);
  });

  it('is nothing where a source only imports', () => {
    expect(missingPrograms([['c.ts', `import './x-worker.js';`]], ['main'])).toEqual([]);
  });
});
