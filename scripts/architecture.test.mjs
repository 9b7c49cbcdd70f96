// Keeps ARCHITECTURE.md and docs/road.md true: the files exist, and the tables of steps equal the one of the road.
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from './bootstrap.mjs';

const read = (file) => readFileSync(path.join(root, file), 'utf8');
const architecture = read('ARCHITECTURE.md');
const [, table] = /^ {2}const steps: \S+ = \{$([^]*?)^ {2}\};$/m.exec(read('packages/proxy/src/road/create-road.ts'));
const steps = [...table.matchAll(/^ {6}(\w+)[:,]/gm)].map(([, step]) => step);
const stepsOf = (markdown) => [...markdown.matchAll(/^ *\| `(\w+)` \|/gm)].map(([, step]) => step);

describe('ARCHITECTURE.md', () => {
  const paths = [...new Set([...architecture.matchAll(/`((?:packages|scripts)\/[^`]+)`/g)].map(([, file]) => file))];

  it('names many files, and each exists', () => {
    expect(paths.length).toBeGreaterThan(50);
    expect(paths.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });

  it('describes the six roads', () => {
    const titles = [...architecture.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    expect(titles).toEqual(
      expect.arrayContaining(['A request', 'An exec', 'A login', 'An audit event', 'A policy change', 'A stop']),
    );
  });

  it('has the steps of the road, in order', () => {
    expect(steps.length).toBeGreaterThan(5);
    expect(stepsOf(architecture)).toEqual(steps);
  });

  it('shows the imports between packages as they are', () => {
    const drawn = new Set();
    for (const [, from, to] of architecture.matchAll(/^ {4}(.+) --> (.+)$/gm))
      for (const a of from.split(' & ')) for (const b of to.split(' & ')) drawn.add(`${b} imports ${a}`);
    const imports = (name) =>
      Object.keys(JSON.parse(read(`packages/${name}/package.json`)).dependencies ?? {})
        .filter((dependency) => dependency.startsWith('@sallyport/'))
        .map((dependency) => dependency.slice('@sallyport/'.length));
    const names = globSync('packages/*/package.json', { cwd: root }).map((file) => path.basename(path.dirname(file)));
    const direct = new Map(names.map((name) => [name, imports(name)]));
    for (const edge of drawn) {
      const [name, , dependency] = edge.split(' ');
      expect(direct.get(name)).toContain(dependency);
    }
    // An edge may be left out where a longer way leads to the same package.
    const reaches = (name, dependency, through) =>
      drawn.has(`${name} imports ${dependency}`) ||
      [...drawn].some(
        (edge) =>
          edge.startsWith(`${name} imports `) &&
          !through.includes(edge) &&
          reaches(edge.split(' ')[2], dependency, [...through, edge]),
      );
    const missing = [...direct].flatMap(([name, all]) =>
      all.filter((dependency) => !reaches(name, dependency, [])).map((dependency) => `${name} imports ${dependency}`),
    );
    expect(missing).toEqual([]);
  });
});

describe('docs/road.md', () => {
  it('has the steps of the road, in order', () => {
    expect(stepsOf(read('docs/road.md'))).toEqual(steps);
  });
});
