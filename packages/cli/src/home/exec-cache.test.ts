import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hostileLines, hostileNumbers } from '../testing/hostile-cache.ts';
import { execCacheText, execCredential, mayServeFromCache } from './exec-cache.ts';

const credential = {
  token: `spt_${'a'.repeat(43)}`,
  user: 'alice',
  sessionId: 's',
  expiresAt: 10_000_000,
  idleMs: 7_200_000,
};
const origin = 'https://gate.example.com:8443';
const kept = { clock: 'boot:x', seconds: 1000 };
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-cache-'));
  writeFileSync(path.join(directory, 'exec-cache'), execCacheText(credential, origin, kept, 5_000_000));
  writeFileSync(path.join(directory, 'last-served'), '1000\n');
});
afterEach(() => rmSync(directory, { recursive: true }));

const may = (seconds: number, clock = 'boot:x') => mayServeFromCache(directory, origin, { clock, seconds });

describe('a credential in the cache', () => {
  it('is served if it is valid for more than a minute', () => {
    writeFileSync(path.join(directory, 'last-served'), '5000\n');
    expect([may(5939), may(5940)]).toEqual([true, false]);
  });

  it('is served if its last use was less than half the idle time ago', () => {
    expect([may(1000 + 3599), may(1000 + 3600)]).toEqual([true, false]);
  });

  it('is not served on another clock, before the last use, or for another gateway', () => {
    expect([
      may(1001, 'boot:y'),
      may(999),
      mayServeFromCache(directory, 'https://gate.example.com', { clock: 'boot:x', seconds: 1001 }),
    ]).toEqual([false, false, false]);
  });

  it.each(hostileLines)('is nothing when line %i is %j', (line, text) => {
    const lines = readFileSync(path.join(directory, 'exec-cache'), 'utf8').split('\n');
    lines[line] = text;
    writeFileSync(path.join(directory, 'exec-cache'), lines.join('\n'));
    expect(may(1001)).toBe(false);
  });

  it.each(hostileNumbers)('is nothing when the last use is %j', (text) => {
    writeFileSync(path.join(directory, 'last-served'), `${text}\n`);
    expect(may(1001)).toBe(false);
  });

  it('is not served if either file is missing', () => {
    rmSync(path.join(directory, 'last-served'));
    expect(may(1001)).toBe(false);
  });
});

describe('the cache for the sh front', () => {
  it('has six lines, whatever the session', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4e12 }),
        fc.integer({ min: 1, max: 4e12 }),
        fc.integer({ min: 0, max: 4e12 }),
        (expiresAt, idleMs, now) => {
          const lines = execCacheText({ ...credential, expiresAt, idleMs }, origin, kept, now).split('\n');
          expect(lines).toHaveLength(7);
          expect(lines[3]).toMatch(/^(0|[1-9]\d*)$/);
          expect(lines[4]).toMatch(/^(0|[1-9]\d*)$/);
        },
      ),
    );
  });

  it('contains the ExecCredential, with an expiry in the format of client-go', () => {
    expect(JSON.parse(execCredential(credential))).toEqual({
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1',
      status: { expirationTimestamp: '1970-01-01T02:46:40Z', token: credential.token },
    });
  });
});
