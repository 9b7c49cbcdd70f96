import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { configSchema } from '@sallyport/contracts';
import type { LoadedConfig } from '@sallyport/kit';
import { checkSpool } from './check-spool.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'check-spool-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const kafka = { brokers: ['kafka:9092'] };
function loaded(audit: object): LoadedConfig {
  const config = configSchema.parse({
    gateway: { url: 'https://gate.example.com', tls: { certFile: 'tls.crt', keyFile: 'tls.key' } },
    identity: { providers: [{ id: 'corp', issuer: 'https://idp.example.com', clientId: 'a', clientSecret: 'b' }] },
    audit,
  });
  return {
    config,
    resolvePath: (file: string) => path.resolve(directory, file),
    place: () => ({ file: 'sallyport.yaml', line: 1, column: 1 }),
  } as unknown as LoadedConfig;
}
const check = (service: 'proxy' | 'authorize', spool: object = { dir: 'spool' }) =>
  checkSpool(loaded({ kafka, spool }), service).map(({ path: at, message, hint }) => ({ at, message, hint }));

describe('checkSpool', () => {
  it('accepts a directory that is there and one that can be created, and creates nothing', () => {
    expect(check('proxy', { dir: 'a/b/c' })).toEqual([]);
    expect(existsSync(path.join(directory, 'a'))).toBe(false);
    mkdirSync(path.join(directory, 'spool/proxy'), { recursive: true });
    expect(check('proxy')).toEqual([]);
  });

  it.each(['spool', 'spool/proxy'])('refuses a directory where %s is a file', (file) => {
    if (file !== 'spool') mkdirSync(path.join(directory, 'spool'));
    const full = path.join(directory, file);
    writeFileSync(full, '');
    expect(check('proxy')).toEqual([
      {
        at: 'audit.spool.dir',
        message: 'cannot be created',
        hint: `${full} is not a directory; name one, or move the file away`,
      },
    ]);
  });

  it('refuses a directory that two services share by a link, for both of them', () => {
    const spool = path.join(directory, 'spool');
    mkdirSync(path.join(spool, 'proxy'), { recursive: true });
    symlinkSync('proxy', path.join(spool, 'authorize'));
    expect(check('proxy').map(({ message }) => message)).toEqual(['leads proxy and authorize to the same directory']);
    expect(check('authorize')).toEqual([
      {
        at: 'audit.spool.dir',
        message: 'leads authorize and proxy to the same directory',
        hint: `give each service a directory of its own: ${spool}/authorize must not link to another one`,
      },
    ]);
  });

  it('refuses a spool that is too small', () => {
    expect(check('proxy', { dir: 'spool', maxBytes: 4 * 1024 * 1024 - 1 })).toEqual([
      { at: 'audit.spool.maxBytes', message: 'is too small for a spool', hint: 'write at least 4MiB' },
    ]);
    expect(check('proxy', { dir: 'spool', maxBytes: 4 * 1024 * 1024 })).toEqual([]);
  });

  it('checks the one spool of a single process without Kafka', () => {
    mkdirSync(path.join(directory, 'spool'));
    writeFileSync(path.join(directory, 'spool/sallyport'), '');
    const one = { ...loaded({ spool: { dir: 'spool', maxBytes: 512 * 1024 } }), forOneProcess: true };
    for (const service of ['authenticate', 'authorize', 'proxy'] as const)
      expect(checkSpool(one, service).map(({ path: at, message }) => [at, message])).toEqual([
        ['audit.spool.maxBytes', 'is too small for a spool'],
        ['audit.spool.dir', 'cannot be created'],
      ]);
    expect(checkSpool({ ...one, forOneProcess: false }, 'proxy')).toEqual([]);
  });

  it('says nothing where no spool is used', () => {
    writeFileSync(path.join(directory, 'spool'), '');
    expect(checkSpool(loaded({ kafka }), 'proxy')).toEqual([]);
    expect(checkSpool(loaded({ kafka: { memory: true }, spool: { dir: 'spool' } }), 'proxy')).toEqual([]);
  });
});
