import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { loadedConfig } from '../testing/authorize-rig.ts';
import { checkOnCall, readOnCallFile } from './on-call-file.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-on-call-'));
const file = path.join(directory, 'list.yaml');
afterAll(() => rmSync(directory, { recursive: true }));
const read = (text: string) => {
  writeFileSync(file, text);
  return readOnCallFile(file);
};

it('an on-call file is YAML or JSON', () => {
  expect(read('users: [alice@example.com, {user: bob, until: "1970-01-01T00:00:01Z"}]\n')).toMatchObject({
    users: [{ user: 'alice@example.com' }, { user: 'bob', until: 1000 }],
  });
  expect(read('{"users": []}')).toMatchObject({ users: [] });
});

it.each([
  ['', 'users: is missing'],
  ['users: alice-secret', 'line 1: users: must be a list, not text'],
  ['users:\n- alice\n- 7-secret: 1\n', 'line 3: users.1'],
  ['users:\n- alice\n- {user: bob, until: secret}\n', 'line 3: users.1.until: is not a time with a zone'],
  ['users: []\nuser: secret\n', 'line 2: user: unknown field'],
  ['users: [', 'line 1'],
  [`users: [${'"secret",'.repeat(200_000)}]`, 'is larger than 1 MiB'],
])('a faulty one names the place, and no value: %#', (text, fault) => {
  const result = read(text) as { fault: string };
  expect(result.fault).toContain(fault);
  expect(result.fault).not.toContain('secret');
});

it('that cannot be read is a fault of the configuration, and so is one without a file', () => {
  const faults = (onCall: object[]) =>
    checkOnCall({
      ...loadedConfig({ gateway: { url: 'http://gate' }, onCall }),
      resolvePath: (name) => path.resolve(directory, name),
    }).map((one) => `${one.path}: ${one.message}`);
  writeFileSync(file, 'users: 7');
  expect(faults([{ name: 'a', file: 'list.yaml' }])).toEqual([
    'onCall.0.file: line 1: users: must be a list, not a number',
  ]);
  expect(faults([{ name: 'a', file: 'none.yaml' }])).toEqual(['onCall.0.file: cannot be read (ENOENT)']);
  expect(faults([{ name: 'a', url: 'https://x.example.com', caFile: 'none.pem' }])).toEqual([
    'onCall.0.caFile: cannot be read (ENOENT)',
  ]);
  writeFileSync(file, 'users: []');
  expect(faults([{ name: 'a', file: 'list.yaml' }])).toEqual([]);
});
