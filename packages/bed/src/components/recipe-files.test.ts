import { describe, expect, it } from '@jest/globals';
import { buildArguments } from './build-go-program.ts';
import { catalogue, recipeOf, type ComponentName } from './catalogue.ts';
import { goVersionOf, pomVersion, pomVersionOf, requiredGoVersion, requirementsVersionOf } from './recipe-files.ts';

describe('the version of a component', () => {
  it('is what go.mod requires, in a block or on a line of its own', () => {
    expect(requiredGoVersion('module x\n\nrequire k8s.io/kubernetes v1.36.3\n', 'k8s.io/kubernetes')).toBe('1.36.3');
    expect(requiredGoVersion('require (\n\tk8s.io/api v0.36.3 // indirect\n\tk8s.io/kubernetes v1.36.3\n)\n', 'k8s.io/kubernetes')).toBe('1.36.3');
  });

  it('is not that of a replacement or of a module whose name only looks alike', () => {
    expect(() => requiredGoVersion('replace (\n\tk8s.io/api => k8s.io/api v0.36.3\n)\n', 'k8s.io/api')).toThrow('does not require');
    expect(() => requiredGoVersion('require k8sxio/api v1.0.0\n', 'k8s.io/api')).toThrow('does not require');
  });

  it('is the project version of a POM', () => {
    expect(pomVersion('<artifactId>bed-kafka</artifactId>\n  <version>4.3.1</version>')).toBe('4.3.1');
    expect(() => pomVersion('<artifactId>slf4j-simple</artifactId><version>1.7.36</version>')).toThrow('no version');
  });

  it('can be read for every component that is built or fetched', () => {
    for (const name of Object.keys(catalogue) as ComponentName[]) {
      const recipe = recipeOf(name);
      if (recipe.kind === 'go') expect(goVersionOf(recipe.module, recipe.versionOf)).toMatch(/^\d+\.\d+\.\d+$/);
      if (recipe.kind === 'maven') expect(pomVersionOf(recipe.pom)).toMatch(/^\d+\.\d+\.\d+$/);
      if (recipe.kind === 'python') expect(requirementsVersionOf(recipe.requirements)).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });
});

describe('building a Go program', () => {
  it('stamps a Kubernetes program with its version, which the module itself does not know', () => {
    const recipe = recipeOf('kubectl');
    if (recipe.kind !== 'go') throw new Error('kubectl is built with Go');
    const args = buildArguments(recipe, '1.36.3', '/tmp/kubectl');
    expect(args.at(-1)).toBe('k8s.io/kubernetes/cmd/kubectl');
    expect(args[args.indexOf('-ldflags') + 1]).toContain('-X k8s.io/component-base/version.gitVersion=v1.36.3');
    expect(args[args.indexOf('-ldflags') + 1]).toContain('version.gitMinor=36');
  });
});
