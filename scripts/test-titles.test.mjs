import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from './bootstrap.mjs';

const files = globSync('{packages,test-e2e}/**/*.{test,conformance,suite,e2e,bed,pods,slow,fuzz}.ts', {
  cwd: root,
  exclude: (name) => name === 'node_modules' || name === 'dist',
}).concat(globSync('test-e2e/src/attacks/{clusters,logins,web}/*.ts', { cwd: root }));

describe('the title of a test', () => {
  it('does not continue the one above it', () => {
    const begins = /(?:\b(?:it|describe)(?:\.\w+)*\(|\)\()\s*['"`](?:and|but|or|nor|so|the same|same)\b[^'"`]*/gi;
    const found = files.flatMap((file) =>
      [...readFileSync(path.join(root, file), 'utf8').matchAll(begins)].map(([title]) => `${file}: ${title}`),
    );
    expect(files.length).toBeGreaterThan(500);
    expect(found).toEqual([]);
  });
});
