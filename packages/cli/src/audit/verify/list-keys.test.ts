import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSealer, hashCheckpoint, keyIdOf, signCheckpoint, toJwks } from '@sallyport/audit-proof';
import type { AuditRecord } from '@sallyport/contracts';
import { startFakeGateway } from '../../testing/fake-gateway.ts';
import { recordedEvent } from '@sallyport/policy/testing';
import { createRig, type Rig } from '../../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());
const put = (name: string, content: string | Buffer) => writeFileSync(path.join(rig.directory, name), content);
const verify = (...args: string[]) => rig.run('audit', 'verify', ...args);

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const jwks = JSON.stringify(toJwks(new Map([[keyIdOf(publicKey), publicKey]])));
const envelope = (index: number) => ({
  id: `id-${index}`,
  source: 'sallyport/proxy',
  time: `2026-01-02T03:04:${String(index).padStart(2, '0')}.000000Z`,
  key: 'dev/s',
});

/** Nine lines: six events of a producer, a checkpoint after the third and one after the sixth; and the checkpoints. */
function trail(): { lines: string[]; anchor: string } {
  const sealer = createSealer({ producer: 'proxy/a' });
  const auditSealer = createSealer({ producer: 'audit/a' });
  const lines: string[] = [];
  const checkpoints: ReturnType<typeof signCheckpoint>[] = [];
  const add = (from: typeof sealer, type: AuditRecord['type'], part: object): void => {
    const { cloudEvent: _envelope, ...event } = recordedEvent();
    const data = event as unknown as AuditRecord['data'];
    const record = { ...envelope(lines.length), type, data: { ...data, sallyport: { ...data.sallyport, ...part } } };
    from.seal(record);
    const { data: sealed, ...rest } = record;
    lines.push(JSON.stringify({ ...sealed, cloudEvent: { ...rest, specversion: '1.0' } }));
  };
  for (const from of [1, 4]) {
    for (let count = 0; count < 3; count += 1) add(sealer, 'k8s.request', {});
    const last = checkpoints.at(-1);
    const checkpoint = signCheckpoint(
      {
        number: checkpoints.length + 1,
        time: envelope(lines.length).time,
        heads: [{ producer: 'proxy/a', from, ...sealer.head! }],
        ...(last ? { previous: hashCheckpoint(last) } : {}),
      },
      privateKey,
    );
    checkpoints.push(checkpoint);
    add(auditSealer, 'audit.checkpoint', { checkpoint });
  }
  return { lines, anchor: checkpoints.map((one) => `${JSON.stringify(one)}\n`).join('') };
}
const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

describe('a verification', () => {
  it('finds no fault in a whole trail: a file, a packed file, standard input', async () => {
    const { lines } = trail();
    put('a.ndjson', text(lines));
    put('keys.json', jwks);
    const { code, out, err } = await verify('--file', 'a.ndjson', '--keys', 'keys.json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('proxy/a   6       1      6     up to 6');
    expect(out).toContain('8 events of 2 producers, from 2026-01-02T03:04:00.000000Z to 2026-01-02T03:04:07.000000Z.');
    expect(out).toContain('Checkpoints: 2, from number 1');
    expect(out).toContain('No fault was found.');

    put('b.ndjson.gz', gzipSync(text(lines)));
    expect((await verify('--file', 'b.ndjson.gz')).out).toContain('Without --keys, only the chains are checked.');
    rig.environment.stdin = Readable.from([Buffer.from(text(lines))]);
    expect((await verify('--file', '-')).code).toBe(0);
    put('first.ndjson', text(lines.filter((_, index) => index % 2 === 0)));
    put('second.ndjson', text(lines.filter((_, index) => index % 2 === 1)));
    expect((await verify('--file', 'second.ndjson', '--file', 'first.ndjson')).code).toBe(0);
  });

  it('names what is wrong, and fails with 1', async () => {
    const { lines, anchor } = trail();
    put('keys.json', jwks);
    put('anchor', anchor);
    const found = async (changed: readonly string[] | string, ...args: string[]) => {
      put('a.ndjson', typeof changed === 'string' ? changed : text(changed));
      const { code, out } = await verify('--file', 'a.ndjson', ...args, '-o', 'json');
      const { faults } = JSON.parse(out) as { faults: Record<string, unknown>[] };
      return [code, ...faults.map(({ kind, producer, seq, id }) => [kind, producer, seq, id])];
    };
    const altered = [1, ['altered', 'proxy/a', 2, 'id-1']];
    expect(await found(lines.with(1, lines[1]!.replace('"verb":"get"', '"verb":"set"')))).toEqual(altered);
    expect(await found(lines.with(1, lines[1]!.replace('{', '{"verb":"set",')))).toMatchObject([
      1,
      ['altered', 'proxy/a', 2],
    ]);
    expect(await found(lines.toSpliced(1, 1))).toEqual([1, ['missing', 'proxy/a', 2, undefined]]);
    const cut = [1, ['truncated', 'proxy/a', 6, undefined]];
    const withAll = ['--keys', 'keys.json', '--anchor', 'anchor'];
    expect(await found(lines.slice(0, 6), ...withAll)).toContainEqual(cut[1]);
    expect(await found(text(lines).slice(0, -20))).toEqual([1, ['truncated', undefined, undefined, undefined]]);
    put('a.ndjson', text(lines.toSpliced(1, 1)));
    const { out, err } = await verify('a.ndjson');
    expect(out.split('\n')[0]).toBe('fault: missing producer=proxy/a seq=2');
    expect(out).toMatch(
      /^fault: missing producer=proxy\/a seq=2\n {2}event 2 is missing; after 1 \(id-0\) at a\.ndjson:1, before 3 \(id-2\) at a\.ndjson:2\n\nPRODUCER /,
    );
    expect(out).toMatch(/\n\n1 fault\.\n$/);
    expect(err).toContain('the trail has a fault');
  });

  it('counts every event, and says which of them the table leaves out', async () => {
    const { lines } = trail();
    put(
      'a.ndjson',
      text(lines.map((line, index) => (index < 2 ? line.replace('"verb":"get"', '"verb":"set"') : line))),
    );
    const { out, err } = await verify('a.ndjson');
    expect(out.match(/^fault: altered producer=proxy\/a seq=\d\n {2}id-\d; at a\.ndjson:\d; /gm)).toHaveLength(2);
    expect(out).toMatch(/\nPRODUCER +EVENTS +FIRST +LAST +ENDED\n/);
    expect(out).toContain('8 events of 2 producers, from');
    expect(out).toContain('. 2 of them are damaged, and not counted in the table.\n');
    expect(out).toMatch(/\n\n2 faults\.\n$/);
    expect(err).toContain('the trail has 2 faults');
  });

  it('begins with a line about the first fault that nothing in the trail can forge', async () => {
    const { lines } = trail();
    const firstLine = async (changed: string) => {
      put('a.ndjson', changed);
      return (await verify('a.ndjson')).out.split('\n')[0];
    };
    expect(await firstLine(`${text(lines)}x\n`)).toBe('fault: altered producer=- seq=-');
    const other = lines[0]!.replaceAll('proxy/a', String.raw`proxy/a seq=7\n\u202e`).replace('"seq":1', '"seq":2');
    expect(await firstLine(text([other]))).toMatch(/^fault: [a-z]+ producer="proxy\/a seq=7\\n[^"]*" seq=\d$/);
  });

  it('names every fault next to a line that no event can be', async () => {
    const { lines } = trail();
    const cut = lines.toSpliced(1, 1);
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    for (const member of [`"x":1e999,`, `"x":${deep},`]) {
      put('a.ndjson', text([...cut.slice(0, 5), cut[5]!.replace('{', `{${member}`), ...cut.slice(6)]));
      const { code, out, err } = await verify('a.ndjson', '-o', 'json');
      const { faults } = JSON.parse(out) as { faults: object[] };
      expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('the trail has 2 faults') });
      expect(faults).toMatchObject([{ kind: 'altered' }, { kind: 'missing', producer: 'proxy/a', seq: 2 }]);
    }
  });

  it('passes over the beginning of a checkpoint in a second place that was then written whole', async () => {
    const { lines, anchor } = trail();
    put('a.ndjson', text(lines));
    put('keys.json', jwks);
    const [first, second] = anchor.trimEnd().split('\n') as [string, string];
    const check = (content: string) => {
      put('anchor', content);
      return verify('a.ndjson', '--keys', 'keys.json', '--anchor', 'anchor');
    };
    expect(await check(`${first.slice(0, 200)}\n${first}\n${second}\n`)).toMatchObject({ code: 0 });
    expect(await check(`${first}\n${second.slice(0, 200)}\n${first}\n${second}\n`)).toMatchObject({ code: 0 });
    // No signature has this character, so the line is the beginning of no checkpoint.
    for (const content of [`${first}\n${second.slice(0, 200)}\n`, `${first.slice(0, 200)}~\n${first}\n`])
      expect(await check(content)).toMatchObject({ code: 1, out: expect.stringContaining('fault: forged-checkpoint') });
  });

  it('takes files in both ways, in their order', async () => {
    const { lines } = trail();
    put('first.ndjson', text(lines.slice(0, 4)));
    put('second.ndjson', text(lines.slice(4)));
    for (const files of [
      ['first.ndjson', 'second.ndjson'],
      ['first.ndjson', '--file', 'second.ndjson'],
      ['--file', 'first.ndjson', '--file', 'second.ndjson'],
    ])
      expect(await verify(...files)).toMatchObject({ code: 0, out: expect.stringContaining('8 events') });
    expect(await verify('first.ndjson', '--topic')).toMatchObject({ code: 2 });
  });

  it('follows the order of each key, if a consumer of several partitions wrote the file', async () => {
    const { lines } = trail();
    const other = lines.map((line, index) => (index === 1 ? line.replace('"key":"dev/s"', '"key":"dev/t"') : line));
    put('a.ndjson', text([other[0]!, ...other.slice(2), other[1]!]));
    expect((await verify('--file', 'a.ndjson')).code).toBe(1);
    expect((await verify('--file', 'a.ndjson', '--by-key')).code).toBe(0);
    put('a.ndjson', text([...other.slice(1), other[0]!]));
    expect((await verify('--file', 'a.ndjson', '--by-key')).out).toContain(
      'fault: reordered producer=proxy/a seq=1\n  id-0; at a.ndjson:8',
    );
  });

  it('does not verify what was filtered', async () => {
    put('a.ndjson', `${text(trail().lines)}${JSON.stringify({ export: { complete: true, events: 8 } })}\n`);
    expect((await verify('--file', 'a.ndjson')).code).toBe(0);
    put('a.ndjson', `${text(trail().lines.slice(2))}${JSON.stringify({ export: { filtered: true } })}\n`);
    const { code, err } = await verify('--file', 'a.ndjson');
    expect(code).toBe(1);
    expect(err).toContain('this trail cannot be verified: it is a filtered export');
  });

  it('says what is wrong with the command', async () => {
    put('a.ndjson', '');
    put('none.json', '{}');
    expect(await verify()).toMatchObject({ code: 2, err: expect.stringContaining('no trail is given') });
    expect(await verify('--file', 'a', '--topic')).toMatchObject({ code: 2 });
    expect(await verify('--file', 'a.ndjson', '--anchor', 'a')).toMatchObject({ code: 2 });
    expect(await verify('a.ndjson', '--compare-topic')).toMatchObject({ code: 2 });
    expect(await verify('--file', 'a.ndjson')).toMatchObject({ code: 1, err: expect.stringContaining('no events') });
    expect(await verify('--file', 'missing')).toMatchObject({ code: 7 });
    expect(await verify('--file', 'missing.gz')).toMatchObject({ code: 7 });
    expect(await verify('--file', 'a.ndjson', '--keys', 'none.json')).toMatchObject({
      code: 7,
      err: expect.stringContaining('not a JWKS'),
    });
  });
});

describe('the keys of checkpoints', () => {
  it('are shown, and printed as the JWKS that verify reads', async () => {
    const gateway = await startFakeGateway();
    await rig.run('login', '--gateway', gateway.origin);
    gateway.override = ({ path: asked }) =>
      asked.endsWith('/audit/keys') ? { status: 200, body: JSON.parse(jwks) as object } : undefined;
    expect((await rig.run('audit', 'keys')).out).toContain(keyIdOf(publicKey));
    expect(JSON.parse((await rig.run('audit', 'keys', '-o', 'json')).out)).toEqual(JSON.parse(jwks));
    await gateway.close();
  });
});
