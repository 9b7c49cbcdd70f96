import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canICommand } from '../ask/explain/next-steps.ts';
import { shellWord } from './for-terminal.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'shell-word-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Runs a line in a shell in which `sallyport` prints its arguments. Returns them. */
const run = (shell: string, line: string) =>
  execFileSync(shell, ['-c', `sallyport() { printf '%s\\0' "$@"; }\n${line}`], { cwd: directory, encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);

const hostile = [
  'team-$(touch pwned)',
  '`touch pwned`',
  "'; touch pwned; '",
  '"$(touch pwned)"',
  'a\ntouch pwned',
  'a;touch pwned',
  'a&touch pwned|cat',
  '$HOME ~ * ? [a] {b,c} !! \\ #',
  '=ls',
  'Zoë 東京 \u202e🚀',
  '',
];

describe.each(['sh', 'bash'])('a word of a suggested command, in %s', (shell) => {
  it.each(hostile)('is one word as it was: %j', (word) => {
    expect(run(shell, `sallyport ${shellWord(word)} end`)).toEqual([word, 'end']);
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each(hostile.filter((word) => word !== ''))('of an explanation too: %j', (namespace) => {
    const asked = {
      verb: 'get',
      resource: 'pods',
      apiGroup: '',
      subresource: '',
      namespace,
      name: namespace,
      path: '',
      method: 'GET',
      isResourceRequest: true,
    };
    expect(run(shell, canICommand({ asked, cluster: namespace }))).toEqual([
      'can-i',
      'get',
      `pods/${namespace}`,
      '-n',
      namespace,
      '--cluster',
      namespace,
    ]);
    expect(readdirSync(directory)).toEqual([]);
  });
});

it('is plain if it needs no quotes', () => {
  for (const word of ['prod-eu', 'https://gate.example.com:8443', './a_b.yaml', 'system:serviceaccount:a:b', 'a=b'])
    expect(shellWord(word)).toBe(word);
});
