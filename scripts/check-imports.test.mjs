import { describe, expect, it } from '@jest/globals';
import { faultsOfFile, faultsOfManifest, packagesIn } from './check-imports.mjs';

const manifest = {
  dependencies: { '@sallyport/kit': '0.1.0', '@sallyport/policy': '0.1.0', '@sallyport/proxy': '0.1.0', zod: '4.0.0' },
  devDependencies: { pino: '10.0.0' },
};
const development = { 'fast-check': '4.0.0' };
const check = (file, text) => faultsOfFile(file, text, manifest, development);
const faultOf = (file, name) => check(file, `import { a } from '${name}';\n`);

describe('what a package imports', () => {
  it('is found in every form of import, but not in comments, and without what Node.js brings', () => {
    const text = `import { a } from '@sallyport/a';
import type {
  b,
} from '@sallyport/b/sub';
import 'c';
export * from 'd';
import fs from 'node:fs';
// import 'e';
const f = await import('f');
const g = import.meta.resolve('g');
import { h } from './h.ts';
`;
    expect(packagesIn(text)).toEqual({
      imported: ['@sallyport/a', '@sallyport/b/sub', 'c', 'd', 'f'],
      resolved: ['g'],
    });
  });

  it('is named in the dependencies of its own package', () => {
    expect(faultOf('packages/x/src/a.ts', 'zod/mini')).toEqual([]);
    expect(faultOf('packages/x/src/a.ts', '@sallyport/kit/tracing')).toEqual([]);
    expect(faultOf('packages/x/src/a.ts', '@sallyport/stores')).toEqual([
      'packages/x/src/a.ts imports @sallyport/stores: name it in the dependencies of packages/x',
    ]);
    expect(check('packages/x/src/a.ts', `import.meta.resolve('jose');`)).toHaveLength(1);
  });

  it('is for development only in tests and in what builds a package', () => {
    for (const name of ['pino', 'fast-check']) {
      expect(faultOf('packages/x/src/a.ts', name)).toHaveLength(1);
      for (const file of ['src/a.test.ts', 'src/b/a.real.test.ts', 'src/testing/a.ts', 'scripts/a.mjs'])
        expect(faultOf(`packages/x/${file}`, name)).toEqual([]);
    }
    expect(faultOf('packages/x/src/a.ts', '@sallyport/kit/testing')).toHaveLength(1);
    expect(faultOf('packages/x/src/a.test.ts', '@sallyport/kit/testing')).toEqual([]);
    expect(faultOf('packages/x/src/a.test.ts', '@sallyport/stores')).toHaveLength(1);
  });

  it('is no file of another package', () => {
    expect(faultOf('packages/x/src/b/a.ts', '../../../kit/src/a.ts')).toEqual([
      'packages/x/src/b/a.ts imports packages/kit/src/a.ts: import another package by its name',
    ]);
    expect(faultOf('test-e2e/src/b/a.ts', '../../../packages/kit/src/a.ts')).toHaveLength(1);
    expect(faultOf('packages/x/scripts/a.mjs', '../../../scripts/a.mjs')).toEqual([]);
    expect(faultOf('packages/x/src/a.ts', '../../../scripts/a.mjs')).toHaveLength(1);
  });

  it('is of a service only its check and what reads its store, in the command line', () => {
    expect(faultOf('packages/cli/src/a.ts', '@sallyport/proxy/check')).toEqual([]);
    expect(faultOf('packages/cli/src/a.ts', '@sallyport/proxy')).toHaveLength(1);
    expect(faultOf('packages/cli/src/a.test.ts', '@sallyport/proxy/stored-trail')).toHaveLength(1);
  });

  it('is not the engine in the proxy, which only resolves it', () => {
    expect(check('packages/proxy/src/a.ts', `import.meta.resolve('@sallyport/policy');`)).toEqual([]);
    expect(faultOf('packages/proxy/src/a.ts', '@sallyport/policy')).toHaveLength(1);
  });
});

describe('what a package depends on', () => {
  const faults = (name, ...dependencies) =>
    faultsOfManifest(
      name,
      { dependencies: Object.fromEntries(dependencies.map((one) => [`@sallyport/${one}`, '0.1.0'])) },
      dependencies.map((one) => `../${one}`),
    );

  it('is no service, but in the command line and what puts the services together', () => {
    expect(faults('packages/proxy', 'audit')).toEqual([
      'packages/proxy depends on audit: The services talk over HTTP, so that each is deployed and upgraded on its own.',
    ]);
    expect(faults('packages/kit', 'authorize')).toHaveLength(1);
    expect(faults('packages/cli', 'audit', 'proxy')).toEqual([]);
    expect(faults('packages/standalone', 'audit', 'bed')).toEqual([]);
    expect(faults('test-e2e', 'audit', 'bed', 'standalone')).toEqual([]);
  });

  it('is nothing that is for tests or puts the others together', () => {
    for (const name of ['bed', 'practice-cluster', 'standalone', 'cli'])
      expect(faults('packages/audit', name)).toHaveLength(1);
  });

  it('is what the compiler builds first', () => {
    const of = (references) => faultsOfManifest('packages/x', { dependencies: { '@sallyport/kit': '' } }, references);
    expect(of(['../kit'])).toEqual([]);
    expect(of([])).toEqual(['packages/x/tsconfig.json lacks a reference to kit']);
    expect(of(['../kit', '../stores'])).toHaveLength(1);
  });
});
