import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createConfigReader } from './config-reader.ts';
import { unpackDocuments } from './pack-documents.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-reader-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const engine = new URL('../testing/policy-engine.ts', import.meta.url).href;
const write = (text: string, name = 'sallyport.yaml') => writeFileSync(path.join(directory, name), text);
const config = (policy: string, more = '') =>
  `gateway: {url: "http://gate"}\n${more}clusters:\n  - {name: dev, server: "https://10.0.0.1", token: t, policy: ${policy}}\n`;
const read = (documents = true, maxBytes = 8 * 1024 * 1024) =>
  createConfigReader({ engine, documents })({
    file: path.join(directory, 'sallyport.yaml'),
    maxBytes,
    files: [path.join(directory, 'sallyport.yaml')],
  });

describe('a configuration read on another thread', () => {
  it('comes with its policies, their version, warnings, and the identities of its files', async () => {
    write(config('[good, doubtful]', 'policyFile: global.yaml\n'));
    write('[rule]', 'global.yaml');
    const found = await read();
    if (!found.ok) throw new Error(JSON.stringify(found.faults));
    expect(found.version).toMatch(/^[0-9a-f]{16}$/);
    expect(found.warnings).toEqual([
      expect.objectContaining({ path: 'clusters.0.policy.1', message: 'is doubtful', line: 4 }),
    ]);
    expect(found.files.map(([file]) => path.basename(file))).toEqual(['sallyport.yaml', 'global.yaml']);
    expect(found.config.clusters[0]).toMatchObject({ name: 'dev', server: 'https://10.0.0.1' });
    expect(JSON.stringify(found.config)).not.toContain('doubtful');
    expect(await unpackDocuments(found.documents, () => {})).toEqual([
      { scope: 'global', path: ['policy'], document: ['rule'] },
      { scope: 'cluster/dev', path: ['clusters', 0, 'policy'], document: ['good', 'doubtful'] },
    ]);
  });

  it('is followed by all of its warnings, or by none if the policies cannot be linted', async () => {
    write(config('[idle, doubtful]'));
    const found = await read();
    if (!found.ok) throw new Error(JSON.stringify(found.faults));
    expect(found.warnings.map(({ message }) => message)).toEqual(['is doubtful']);
    expect((await found.allWarnings)?.map(({ message }) => message)).toEqual(['is doubtful', 'is idle']);
    write(config('[unlintable]'));
    const other = await read();
    if (!other.ok) throw new Error(JSON.stringify(other.faults));
    expect(await other.allWarnings).toBeUndefined();
  });

  it('comes without its policies for services that do not need them, with the same version', async () => {
    write(config('[good]'));
    const [whole, head] = [await read(), await read(false)];
    if (!whole.ok || !head.ok) throw new Error('refused');
    expect(head.version).toBe(whole.version);
    expect(head.documents.bytes).toHaveLength(0);
  });

  it('is rejected as a whole, with every fault in its own file', async () => {
    write(config('[good, bad]', 'policyFile: global.yaml\nsesions: {}\n'));
    write('- good\n- bad\n', 'global.yaml');
    const found = await read();
    expect(found.ok).toBe(false);
    expect(
      found.ok
        ? []
        : found.faults
            .map(
              ({ file, line, column, path: where, message, hint }) =>
                `${path.basename(file ?? '')}:${line}:${column}: ${where}: ${message} (${hint})`,
            )
            .toSorted(),
    ).toEqual([
      'global.yaml:2:3: policy.1: is bad (did you mean good?)',
      'sallyport.yaml:3:1: sesions: unknown field (did you mean sessions?)',
      expect.stringMatching(/^sallyport\.yaml:5:\d+: clusters\.0\.policy\.1: is bad \(did you mean good\?\)$/),
    ]);
  });

  it.each([
    ['cannot be read', undefined, /cannot be read \(ENOENT\)/],
    ['is too large', `# ${'x'.repeat(3000)}`, /is larger than 2048 bytes/],
    ['is no YAML', 'a: [', /./],
    ['is more than can be named', config('[huge]'), /too many values/],
  ])('that %s is rejected, and still followed', async (_what, text, message) => {
    if (text !== undefined) write(text);
    const found = await read(true, text?.startsWith('#') ? 2048 : undefined);
    expect(found).toMatchObject({
      ok: false,
      faults: [expect.objectContaining({ message: expect.stringMatching(message) })],
    });
    expect(found.files.map(([file]) => path.basename(file))).toEqual(['sallyport.yaml']);
  });

  it('is abandoned at once when the service stops', async () => {
    write(config('[endless]'));
    const stopping = new AbortController();
    const reading = createConfigReader({ engine, documents: true })({
      file: path.join(directory, 'sallyport.yaml'),
      maxBytes: 1e6,
      files: [],
      signal: stopping.signal,
    });
    setTimeout(() => stopping.abort(), 500);
    const started = performance.now();
    expect((await reading).ok).toBe(false);
    expect(performance.now() - started).toBeLessThan(30_000);
  });

  it('is rejected if its reader fails, without other effects', async () => {
    write(config('[good]'));
    const broken = createConfigReader({ engine: 'file:///nowhere/engine.js', documents: true });
    expect(await broken({ file: path.join(directory, 'sallyport.yaml'), maxBytes: 1e6, files: [] })).toMatchObject({
      ok: false,
      faults: [{ message: 'cannot be read (the reader failed)' }],
      files: [],
      failure: { message: expect.stringContaining('engine.js') },
    });
  });
});
