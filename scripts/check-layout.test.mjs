import { describe, expect, it } from '@jest/globals';
import { circles, importsOf, upwardImports } from './check-layout.mjs';

describe('the layout of the sources', () => {
  it('reads static, dynamic and side-effect imports, but not comments', () => {
    const text = `import { a } from './a.ts';\nimport '../b.ts';\nconst c = import('./deep/c.ts');\n// import './d.ts'\nexport * from './e.ts';`;
    expect(importsOf('packages/x/src/y/z.ts', text)).toEqual([
      'packages/x/src/y/a.ts',
      'packages/x/src/b.ts',
      'packages/x/src/y/deep/c.ts',
      'packages/x/src/y/e.ts',
    ]);
  });

  it('finds imports from a folder above, and allows imports from siblings and from below', () => {
    const graph = new Map([
      ['s/a/x.ts', ['s/top.ts', 's/b/y.ts', 's/a/deep/z.ts']],
      ['s/ab/x.ts', ['s/a/x.ts']],
    ]);
    expect(upwardImports(graph)).toEqual(['s/a/x.ts -> s/top.ts']);
  });

  it('finds each circle once', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b']],
      ['d', ['a']],
    ]);
    expect(circles(graph)).toEqual(['b -> c -> b']);
  });
});
