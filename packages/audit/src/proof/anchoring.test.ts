import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canonicalJson, hashCheckpoint } from '@sallyport/audit-proof';
import { createAnchor } from './anchoring.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-anchor-'));
});
afterEach(() => rmSync(directory, { recursive: true }));
const resolvePath = (file: string) => path.join(directory, file);

const stored = [1, 2].map((number) => {
  const checkpoint = { number, time: '2026-01-02T00:00:00Z', heads: [], keyId: 'k', signature: 's' };
  return { checkpoint, hash: hashCheckpoint(checkpoint) };
});

describe('a second place', () => {
  it('that is a file gets each checkpoint as a line at its end, and only its owner reads it', async () => {
    const anchor = createAnchor({ file: 'a.ndjson' }, { resolvePath });
    await anchor(stored.slice(0, 1));
    await anchor(stored.slice(1));
    const lines = stored.map(({ checkpoint }) => `${canonicalJson(checkpoint)}\n`).join('');
    expect(readFileSync(resolvePath('a.ndjson'), 'utf8')).toBe(lines);
    expect(statSync(resolvePath('a.ndjson')).mode & 0o777).toBe(0o600);
    await expect(createAnchor({ file: 'none/a' }, { resolvePath })(stored)).rejects.toThrow('ENOENT');
  });

  it.each([
    ['in the middle of a checkpoint', (line: string) => line.slice(0, 20), 2],
    ['before the end of a line', (line: string) => line, 1],
    ['at the end of a line', (line: string) => `${line}\n`, 1],
  ])('gets each checkpoint on a line of its own after a full disk cut the last append %s', async (_where, cut, at) => {
    const [first, second] = stored.map(({ checkpoint }) => canonicalJson(checkpoint)) as [string, string];
    const anchor = createAnchor({ file: 'a.ndjson' }, { resolvePath });
    await anchor(stored.slice(0, 1));
    // What the append has written before it failed.
    appendFileSync(resolvePath('a.ndjson'), cut(second));
    await anchor(stored);
    const lines = readFileSync(resolvePath('a.ndjson'), 'utf8').split('\n');
    expect(lines).toEqual([first, cut(second).trimEnd(), first, second, '']);
    expect(lines.filter((line) => line === second)).toHaveLength(at === 2 ? 1 : 2);
  });

  it('that is an address gets each in its own request, with the token as it is now', async () => {
    writeFileSync(resolvePath('token'), 'first\n');
    const requests: unknown[][] = [];
    let status = 200;
    const fetch = (async (url: string, { headers, body }: { headers: object; body: string }) => {
      requests.push([
        url,
        (headers as Record<string, string>).authorization,
        (JSON.parse(body) as { number: number }).number,
      ]);
      return new Response(null, { status });
    }) as unknown as typeof globalThis.fetch;
    const url = 'https://anchor.example.com/checkpoints';
    const anchor = createAnchor({ url, tokenFile: 'token' }, { resolvePath, fetch });
    await anchor(stored);
    writeFileSync(resolvePath('token'), 'second\n');
    status = 503;
    await expect(anchor(stored)).rejects.toThrow('it answered 503');
    expect(requests).toEqual([
      [url, 'Bearer first', 1],
      [url, 'Bearer first', 2],
      [url, 'Bearer second', 1],
    ]);
  });
});
