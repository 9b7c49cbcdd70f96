// CONTRIBUTING.md: its limits are those that the linter and the formatter enforce, and every package has a README.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const read = (file) => readFileSync(path.join(root, file), 'utf8');
const contributing = read('CONTRIBUTING.md').replaceAll(/\s+/g, ' ');
const linter = JSON.parse(read('.oxlintrc.json'));
const limitOf = (rule) => linter.rules[rule][1];
const onlyCode = { skipBlankLines: true, skipComments: true };

describe('CONTRIBUTING.md', () => {
  it('names the limits that the linter and the formatter enforce', () => {
    const [, width] = /Lines are at most (\d+) columns/.exec(contributing);
    const [, file, ofFunction] = /Files are at most (\d+) lines and functions at most (\d+)/.exec(contributing);
    expect(JSON.parse(read('.oxfmtrc.json')).printWidth).toBe(Number(width));
    expect(limitOf('max-lines')).toEqual({ ...onlyCode, max: Number(file) });
    expect(limitOf('max-lines-per-function')).toEqual({ ...onlyCode, max: Number(ofFunction) });
    expect(linter.overrides.filter(({ rules }) => rules['max-lines'] !== undefined)).toEqual([]);
  });

  it('describes every package, and each has a README', () => {
    const packages = readdirSync(path.join(root, 'packages'));
    expect(packages.filter((name) => !contributing.includes(`\`${name}\``))).toEqual([]);
    expect(packages.filter((name) => !existsSync(path.join(root, 'packages', name, 'README.md')))).toEqual([]);
  });
});
