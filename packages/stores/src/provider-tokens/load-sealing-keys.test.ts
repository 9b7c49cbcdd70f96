import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readConfig } from '@sallyport/kit';
import { loadSealingKeys } from './token-sealer.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-keys-'));
afterAll(() => rmSync(directory, { recursive: true }));
const bytes = (byte: number) => Buffer.alloc(32, byte);
const load = (keys: object[]) =>
  loadSealingKeys(
    readConfig(
      `{gateway: {url: "http://127.0.0.1:1"}, sessions: {memory: true, encryption: {keys: ${JSON.stringify(keys)}}}}`,
      path.join(directory, 'sallyport.yaml'),
      {},
    ),
  );

describe('the keys that seal provider tokens', () => {
  it('come from the configuration or from files next to it, in order', () => {
    writeFileSync(path.join(directory, 'old.key'), `${bytes(1).toString('base64')}\n`);
    expect(
      load([
        { id: 'new', key: bytes(255).toString('base64url') },
        { id: 'old', keyFile: 'old.key' },
      ]),
    ).toEqual([
      { id: 'new', key: bytes(255) },
      { id: 'old', key: bytes(1) },
    ]);
    expect(loadSealingKeys(readConfig('gateway: {url: "http://127.0.0.1:1"}', 'sallyport.yaml', {}))).toEqual([]);
  });

  it('are refused without being shown if they are invalid', () => {
    writeFileSync(path.join(directory, 'bad.key'), 'hunter2hunter2');
    const faultsOf = (keys: object[]) => {
      try {
        load(keys);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(
      faultsOf([
        { id: 'a', keyFile: 'bad.key' },
        { id: 'b', keyFile: 'none.key' },
      ]),
    ).toMatch(
      /:1:\d+: sessions\.encryption\.keys\.0\.keyFile: does not contain 32 bytes.*\n.*keys\.1\.keyFile: cannot be read \(ENOENT\)/,
    );
    expect(faultsOf([{ id: 'a', keyFile: 'bad.key' }])).not.toContain('hunter2');
    expect(faultsOf([{ id: 'a', key: 'hunter2' }])).toMatch(/keys\.0\.key: not 32 bytes in base64/);
    expect(faultsOf([{ id: 'a', key: 'hunter2' }])).not.toContain('hunter2');
    expect(faultsOf([{ id: 'a', key: bytes(1).toString('base64'), keyFile: 'old.key' }])).toContain(
      'needs either key or keyFile',
    );
    expect(faultsOf([{ id: 'a' }])).toContain('needs either key or keyFile');
    expect(faultsOf([{ id: 'a.b', key: bytes(1).toString('base64') }])).toContain('not a key name');
    expect(
      faultsOf([
        { id: 'a', key: bytes(1).toString('base64') },
        { id: 'a', key: bytes(2).toString('base64') },
      ]),
    ).toContain('two keys have the same id');
    expect(faultsOf([])).toMatch(/encryption\.keys/);
  });
});
