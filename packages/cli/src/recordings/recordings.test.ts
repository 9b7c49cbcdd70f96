import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sampleRecording, type SampleRecording } from '@sallyport/recordings/testing';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

const esc = '\u001b';
const api = '/.sallyport/api/v1/recordings';

let sample: SampleRecording;
beforeAll(async () => {
  sample = await sampleRecording({
    write: (writer) => {
      writer.resize(80, 24);
      writer.data('stdout', Buffer.from(`$ cat ${esc}[31msecret${esc}[0m\r\n${esc}]52;c;eA==\u0007`));
      writer.data('stdout', Buffer.from([0xff, 0xc3]));
      writer.data('stdout', Buffer.from([0xa9, 0x0a]));
      writer.data('stderr', Buffer.from('warning\n'));
    },
  });
});

let gateway: FakeGateway;
let rig: Rig;
let files: Map<string, Buffer>;
let queries: string[];
let key: string;

const rowOf = (more: object = {}) => ({
  id: sample.id,
  auditId: 'a-1',
  kind: 'exec',
  cluster: 'dev',
  resource: 'pods',
  namespace: 'shop',
  name: 'web',
  container: 'main',
  command: ['sh', `${esc}[2J`],
  tty: false,
  user: 'bob@example.com',
  demand: 'required',
  recipients: [sample.recipient],
  since: '2026-11-25T10:00:00Z',
  end: '2026-11-25T10:01:30Z',
  state: 'complete',
  parts: 1,
  bytes: sample.finished.bytes,
  ...more,
});

beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
  await rig.run('login', '--gateway', gateway.origin);
  files = new Map(sample.files);
  queries = [];
  key = path.join(rig.directory, 'key.txt');
  writeFileSync(key, `# a comment\n${sample.identity}\n`);
  gateway.override = ({ path: asked, query }) => {
    if (!asked.startsWith(api)) return undefined;
    queries.push(`${asked.slice(api.length)}?${query.toString()}`);
    if (asked === api) return { status: 200, body: { recordings: [rowOf()] } };
    if (asked === `${api}/${sample.id}`)
      return { status: 200, body: { recording: rowOf(), parts: sample.parts, gaps: [] } };
    const body = files.get(asked.slice(`${api}/${sample.id}/files/`.length));
    return body === undefined ? { status: 404, body: { detail: 'There is no such file.' } } : { status: 200, body };
  };
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

const run = (...args: string[]) => rig.run('recordings', ...args);
const open = (command: string, ...args: string[]) => run(command, ...args, '--identity', key);
const inFile = (name: string) => readFileSync(path.join(rig.directory, name));

describe('sallyport recordings list', () => {
  it('shows who was recorded where, and when', async () => {
    const { out } = await run('list');
    expect(out.split('\n')[1]!.split(/ {2,}/)).toEqual([
      sample.id,
      'bob@example.com',
      'exec',
      'dev',
      'web -n shop -c main',
      '2026-11-25T10:00:00Z',
      '1m30s',
      'complete',
      expect.stringMatching(/^\d+ B$|^\d+\.\d KiB$/),
    ]);
    expect((await run('list', '-o', 'wide')).out).toContain('sh \\x1b[2J');
    expect((await run('list', '-o', 'name')).out).toBe(`${sample.id}\n`);
  });

  it('asks the gateway for what matches', async () => {
    const filters = ['--user', 'b*', '--cluster', 'dev', '--namespace', 'shop', '--pod', 'web', '--limit', '5'];
    await run('list', ...filters, '--since', '2026-11-25T00:00:00Z');
    expect(queries).toEqual([
      '?user=b*&cluster=dev&namespace=shop&name=web&since=2026-11-25T00%3A00%3A00.000Z&limit=5',
    ]);
  });
});

describe('sallyport recordings show', () => {
  it('shows the files with their digests, by the beginning of the id', async () => {
    const { out } = await run('show', sample.id.slice(0, 8));
    expect(out).toContain('Pod:        web -n shop -c main on dev\n');
    expect(out).toContain(sample.parts[0]!.files[0]!.sha256);
    expect(out).not.toContain(esc);
  });
});

describe('sallyport recordings play', () => {
  it('prints the text without codes where there is no terminal', async () => {
    expect(await open('play', sample.id)).toEqual({
      code: 0,
      out: '$ cat secret\n\ufffdé\nwarning\n',
      err: '',
    });
    expect(queries.at(-1)).toBe(`/${sample.id}/files/000001.age?by=play`);
  });

  it('takes the key from the environment, and says what is missing without one', async () => {
    expect(await run('play', sample.id)).toMatchObject({ code: 2, err: expect.stringContaining('--identity') });
    rig.environment.env.SALLYPORT_RECORDINGS_IDENTITY = key;
    expect((await run('play', sample.id)).code).toBe(0);
  });

  it('never says what is in a file that has no key', async () => {
    writeFileSync(key, 'planted-secret\n');
    const { code, err } = await open('play', sample.id);
    expect([code, err.includes('AGE-SECRET-KEY-1'), err.includes('planted')]).toEqual([7, true, false]);
  });

  it('opens no file that is not what the trail says', async () => {
    const [name, bytes] = [...files][0]!;
    for (const wrong of [
      bytes.subarray(0, -1),
      Buffer.concat([bytes, bytes]),
      Buffer.from(bytes).fill(bytes.at(-1)! ^ 1, bytes.length - 1),
    ]) {
      files.set(name, wrong);
      const { code, out, err } = await open('play', sample.id);
      expect([code, out]).toEqual([1, '']);
      expect(err).toMatch(/part 1: 000001\.age has another digest than in the audit trail/);
    }
    files.delete(name);
    expect((await open('play', sample.id)).err).toContain('000001.age is not in the store');
  });

  it('says which key a recording needs', async () => {
    const other = await sampleRecording();
    writeFileSync(key, other.identity);
    const { code, err } = await open('play', sample.id);
    expect(code).toBe(1);
    expect(err).toContain('Check that the key is one that it is sealed for');
  });

  it.each(['0', 'fast', '-1', '1e3'])('refuses a speed of %s', async (speed) => {
    expect((await open('play', sample.id, `--speed=${speed}`)).code).toBe(2);
  });
});

describe('sallyport recordings export', () => {
  it('writes an asciicast', async () => {
    const { out } = await open('export', sample.id);
    const [head, ...lines] = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(head).toMatchObject({ version: 2, width: 80, height: 24 });
    expect(lines[0]).toEqual([expect.any(Number), 'o', expect.stringContaining('$ cat ')]);
  });

  it('writes every byte of a stream', async () => {
    const out = path.join(rig.directory, 'raw');
    await open('export', sample.id, '-o', 'raw', '--out', out);
    expect(inFile('raw')).toEqual(
      Buffer.concat([
        Buffer.from(`$ cat ${esc}[31msecret${esc}[0m\r\n${esc}]52;c;eA==\u0007`),
        Buffer.from([0xff, 0xc3, 0xa9, 0x0a]),
      ]),
    );
    await open('export', sample.id, '-o', 'raw', '--stream', 'stderr', '--out', out);
    expect(inFile('raw').toString()).toBe('warning\n');
    expect((await open('export', sample.id, '-o', 'raw')).code).toBe(2);
  });

  it('leaves an older file as it is if the recording has a fault', async () => {
    writeFileSync(path.join(rig.directory, 'old'), 'old');
    files.clear();
    expect((await open('export', sample.id, '--out', path.join(rig.directory, 'old'))).code).toBe(1);
    expect(inFile('old').toString()).toBe('old');
  });
});

describe('sallyport recordings search', () => {
  it('finds lines, and says when they were', async () => {
    const { code, out } = await open('search', 'CAT SECRET');
    expect(code).toBe(0);
    expect(out.split('\n')[1]).toMatch(/2026-11-25T10:00:00\.\d{3}Z +stdout +\$ cat secret$/);
  });

  it('shows nothing that could own the terminal', async () => {
    const { out } = await open('search', '52;c');
    expect(out).toContain('\\x1b]52;c;eA==');
    expect(out).not.toContain(esc);
  });

  it('stops before it fetches more than it may, and says so', async () => {
    const { code, err } = await open('search', 'secret', '--max-bytes', '0KiB');
    expect(code).toBe(10);
    expect(err).toContain('1 of 1 recordings were not searched, because --max-bytes is 0 B');
    expect(queries.filter((one) => one.includes('/files/'))).toEqual([]);
  });

  it('says which recording has a fault, and searches the others', async () => {
    files.clear();
    const { code, err } = await open('search', 'secret');
    expect(code).toBe(10);
    expect(err).toContain('000001.age is not in the store');
  });
});
