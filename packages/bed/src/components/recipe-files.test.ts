import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { buildArguments, buildOf } from './builds.ts';
import { catalogue, recipeOf, type ComponentName } from './catalogue.ts';
import {
  goVersionOf,
  pomVersion,
  pomVersionOf,
  requiredGoVersion,
  requirementsFile,
  requirementsVersionOf,
} from './recipe-files.ts';

describe('the version of a component', () => {
  it('is the one that go.mod requires, in a block or on a separate line', () => {
    expect(requiredGoVersion('module x\n\nrequire k8s.io/kubernetes v1.36.3\n', 'k8s.io/kubernetes')).toBe('1.36.3');
    expect(
      requiredGoVersion(
        'require (\n\tk8s.io/api v0.36.3 // indirect\n\tk8s.io/kubernetes v1.36.3\n)\n',
        'k8s.io/kubernetes',
      ),
    ).toBe('1.36.3');
  });

  it('is not that of a replacement or of a module with a similar name', () => {
    expect(() => requiredGoVersion('replace (\n\tk8s.io/api => k8s.io/api v0.36.3\n)\n', 'k8s.io/api')).toThrow(
      'does not require',
    );
    expect(() => requiredGoVersion('require k8sxio/api v1.0.0\n', 'k8s.io/api')).toThrow('does not require');
  });

  it('is the project version of a POM', () => {
    expect(pomVersion('<artifactId>bed-kafka</artifactId>\n  <version>4.3.1</version>')).toBe('4.3.1');
    expect(() => pomVersion('<artifactId>slf4j-simple</artifactId><version>1.7.36</version>')).toThrow('no version');
  });

  it('can be read for every component that is built or fetched', () => {
    for (const name of Object.keys(catalogue) as ComponentName[]) {
      const recipe = recipeOf(name);
      if (recipe.kind === 'go')
        expect(goVersionOf(recipe.module, recipe.versionOf)).toMatch(/^\d+\.\d+\.\d+(?:\+incompatible)?$/);
      if (recipe.kind === 'maven') expect(pomVersionOf(recipe.pom)).toMatch(/^\d+\.\d+\.\d+$/);
      if (recipe.kind === 'python')
        expect(requirementsVersionOf(recipe.requirements, recipe.versionOf)).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });
});

describe('the environment of a Python program', () => {
  it('has the version that names it and a digest of all pinned versions', () => {
    const recipe = recipeOf('python-clients');
    if (recipe.kind !== 'python') throw new Error('the clients are written in Python');
    expect(buildOf('python-clients', recipe, {}).entry).toMatch(/^python-clients-\d+\.\d+\.\d+-[0-9a-f]{8}$/);
  });

  it('has a hash for every package if it has hashes at all', () => {
    const lines = readFileSync(requirementsFile('python-clients'), 'utf8').split('\n');
    for (const [at, line] of lines.entries())
      if (line.includes('==')) expect(lines[at + 1]).toMatch(/^ {4}--hash=sha256:[0-9a-f]{64}/);
    expect(lines.filter((line) => line.startsWith('--'))).toEqual([]);
  });
});

describe('building a Go program', () => {
  it('compiles the tests of a module on request', () => {
    const recipe = recipeOf('conformance');
    if (recipe.kind !== 'go') throw new Error('the suite is built with Go');
    expect(buildArguments(recipe, '1.36.3', '/tmp/x').slice(0, 2)).toEqual(['test', '-c']);
  });

  it('leaves out what its tags say', () => {
    const recipe = recipeOf('promtool');
    if (recipe.kind !== 'go') throw new Error('promtool is built with Go');
    expect(buildArguments(recipe, '0.316.0', '/tmp/promtool').join(' ')).toMatch(
      /^build -tags remove_all_sd .*promtool$/,
    );
  });

  it('sets the version of a Kubernetes program, which the module does not contain', () => {
    const recipe = recipeOf('kubectl');
    if (recipe.kind !== 'go') throw new Error('kubectl is built with Go');
    const args = buildArguments(recipe, '1.36.3', '/tmp/kubectl');
    expect(args.at(-1)).toBe('k8s.io/kubernetes/cmd/kubectl');
    expect(args[args.indexOf('-ldflags') + 1]).toContain('-X k8s.io/component-base/version.gitVersion=v1.36.3');
    expect(args[args.indexOf('-ldflags') + 1]).toContain('version.gitMinor=36');
  });
});
