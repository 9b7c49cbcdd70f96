import { describe, expect, it } from '@jest/globals';
import {
  circles,
  describeFolderCircle,
  folderCircles,
  folderGraph,
  importsOf,
  upwardImports,
} from './check-layout.mjs';

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

  it('finds circles of folders of any length, at every level', () => {
    const graph = new Map([
      ['s/a/x.ts', ['s/b/deep/y.ts']],
      ['s/b/z.ts', ['s/c/x.ts']],
      ['s/c/x.ts', ['s/c/in/x.ts']],
      ['s/c/deep/w.ts', ['s/a/v.ts', 's/c/in/x.ts']],
      ['s/c/in/y.ts', ['s/c/deep/v.ts']],
      ['s/d/x.ts', ['s/a/x.ts']],
    ]);
    expect(folderCircles(folderGraph(graph))).toEqual([
      ['s/a', 's/b', 's/c'],
      ['s/c/deep', 's/c/in'],
    ]);
  });

  it('names a circle of folders, and the imports that close it', () => {
    const between = folderGraph(
      new Map([
        ['s/a/x.ts', ['s/b/y.ts', 's/b/z.ts']],
        ['s/b/y.ts', ['s/a/v.ts']],
      ]),
    );
    expect(folderCircles(between).map((circle) => describeFolderCircle(circle, between))).toEqual([
      [
        'circle of folders in s: a -> b -> a',
        '  s/a -> s/b',
        '    s/a/x.ts -> s/b/y.ts',
        '    s/a/x.ts -> s/b/z.ts',
        '  s/b -> s/a',
        '    s/b/y.ts -> s/a/v.ts',
      ],
    ]);
  });

  it('counts no imports of tests, of the files above both folders, and between the folders of the root', () => {
    const graph = new Map([
      ['s/a/x.ts', ['s/b/y.ts']],
      ['s/b/y.test.ts', ['s/a/x.ts']],
      ['s/b/testing/z.ts', ['s/a/x.ts']],
      ['s/index.ts', ['s/a/x.ts', 's/b/y.ts']],
      ['t/x.ts', ['s/b/y.ts']],
      ['s/b/w.ts', ['t/x.ts']],
    ]);
    expect(folderCircles(folderGraph(graph))).toEqual([]);
  });
});
