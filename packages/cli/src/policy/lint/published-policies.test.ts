import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadPolicyTools, type PolicyTools } from '../../config/load-gateway-config.ts';
import { lintFile } from './lint-files.ts';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));
const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-published-'));
afterAll(() => rmSync(directory, { recursive: true }));

let tools: PolicyTools;
beforeAll(async () => {
  tools = await loadPolicyTools();
});

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isRule = (value: unknown) =>
  isMapping(value) && ('allow' in value || 'deny' in value) && !('cases' in value || 'routes' in value);
const isPolicy = (value: unknown) => isRule(value) || (Array.isArray(value) && value.length > 0 && value.every(isRule));
const isConfig = (value: unknown) =>
  isMapping(value) && ['clusters', 'policies', 'policy', 'api'].some((key) => key in value);

/** Returns the texts of policies and configurations in a text: itself, or what a ConfigMap contains. */
function documentsIn(text: string): string[] {
  const read = tools.readYaml(text);
  if (!read.ok) return [];
  const { data } = read.yaml;
  const inside = isMapping(data) && isMapping(data.data) ? Object.values(data.data) : [];
  return [
    ...(isPolicy(data) || isConfig(data) ? [text] : []),
    ...inside.flatMap((one) => (typeof one === 'string' ? documentsIn(one) : [])),
  ];
}

/** Returns the codes of the warnings about policies, without faults, which other tests expect. */
function codesOf(text: string): string[] {
  const file = path.join(directory, 'published.yaml');
  writeFileSync(file, text);
  return codesIn(file);
}

const codesIn = (file: string) => lintFile(file, tools).warnings.map(({ code, message }) => code ?? message);

const files = (pattern: string) => globSync(pattern, { cwd: root }).toSorted();
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

describe('the policies that this project publishes', () => {
  it('in the documentation cause no warnings but those that the pages are about', () => {
    const found = files('docs/**/*.md').flatMap((page) =>
      [...read(page).matchAll(/^```ya?ml[^\n]*\n([\s\S]*?)^```$/gm)]
        .flatMap(([, text]) => documentsIn(text!))
        .map((text) => ({ page, codes: codesOf(text) })),
    );
    expect(found.length).toBeGreaterThan(8);
    expect(found.filter(({ codes }) => codes.length > 0)).toEqual([
      { page: 'docs/policy-tools.md', codes: ['resource-group'] },
    ]);
  });

  it('in the manifests and the demo cause none', () => {
    const demo = /const ownPolicy = `([^`]*)`/.exec(read('packages/standalone/src/demo/demo-policy.ts'))?.[1];
    const found = [
      ...['k8s/base/sallyport.yaml', 'k8s/base/policy.yaml'].map((file) => ({
        file,
        codes: codesIn(path.join(root, file)),
      })),
      { file: 'the demo', codes: codesOf(demo!) },
    ];
    expect(found.length).toBeGreaterThan(2);
    expect(found.filter(({ codes }) => codes.length > 0)).toEqual([]);
  });
});
