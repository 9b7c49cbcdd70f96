import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sampleAuditRecord, toLine } from '@sallyport/audit-log';
import { createSealer, hashCheckpoint, signCheckpoint, type SignedCheckpoint } from '@sallyport/audit-proof';
import type { AuditRecord, ChainHead } from '@sallyport/contracts';
import { createRig, type Rig } from '../../testing/rig.ts';

const key = generateKeyPairSync('ed25519');
const nameOf = (number: number, day: number) => `0000000${number}-2026-11-0${day}.ndjson`;
let [rig, trail]: [Rig, string] = [undefined!, ''];

/** Writes a trail of five files, one for each day from the 1st on, each with four events and a checkpoint. */
function writeTrail(): { checkpoints: SignedCheckpoint[]; records: AuditRecord[][] } {
  const sealer = createSealer({ producer: 'sallyport/1' });
  const checkpoints: SignedCheckpoint[] = [];
  const records: AuditRecord[][] = [];
  for (let day = 1; day <= 5; day += 1) {
    const at = (minute: number) => Date.UTC(2026, 10, day, 10, minute);
    const own = Array.from({ length: 4 }, (_none, minute) => sampleAuditRecord({ time: at(minute) }));
    for (const record of own) sealer.seal(record);
    const { seq, hash } = sealer.head!;
    const from = seq - 3 - (day > 1 ? 1 : 0);
    const fromTime = day > 1 ? records.at(-1)!.at(-1)!.time : own[0]!.time;
    const heads: ChainHead[] = [{ producer: 'sallyport/1', seq, hash, from, fromTime, seqTime: own[3]!.time }];
    const last = checkpoints.at(-1);
    const previous = last ? { previous: hashCheckpoint(last) } : {};
    const time = new Date(at(5)).toISOString();
    checkpoints.push(signCheckpoint({ number: day, time, heads, ...previous }, key.privateKey));
    const checkpoint = sampleAuditRecord({ time: at(5) });
    checkpoint.type = 'audit.checkpoint';
    checkpoint.data.sallyport = { ...checkpoint.data.sallyport, checkpoint: checkpoints.at(-1)! };
    sealer.seal(checkpoint);
    records.push([...own, checkpoint]);
    writeFileSync(path.join(trail, nameOf(day, day)), records.at(-1)!.map(toLine).join(''));
  }
  return { checkpoints, records };
}

beforeEach(() => {
  rig = createRig();
  trail = path.join(rig.directory, 'data', 'trail');
  mkdirSync(path.join(trail, 'consumers'), { recursive: true });
  writeFileSync(path.join(trail, 'lock'), '');
  writeFileSync(path.join(rig.directory, 'keys.pem'), key.publicKey.export({ type: 'spki', format: 'pem' }));
});
afterEach(() => rig.remove());

const configure = (audit = '{}') =>
  writeFileSync(path.join(rig.directory, 'sallyport.yaml'), `gateway: {url: "http://127.0.0.1:1"}\naudit: ${audit}\n`);
const remove = (...days: number[]) => days.forEach((day) => rmSync(path.join(trail, nameOf(day, day))));
type Report = { faultCount: number; events: number; faults: { kind: string; seq: number; to?: number }[] };
const verify = async (...args: string[]) => {
  const { code, out, err } = await rig.run('audit', 'verify', '-o', 'json', '--keys', 'keys.pem', ...args);
  return { code, err, report: (out === '' ? undefined : JSON.parse(out)) as Report | undefined };
};

describe('sallyport audit verify with a directory', () => {
  it('reads all files of the trail in their order, as one trail', async () => {
    const { checkpoints } = writeTrail();
    writeFileSync(path.join(rig.directory, 'anchor'), checkpoints.map((one) => `${JSON.stringify(one)}\n`).join(''));
    const found = await verify('data/trail', '--anchor', 'anchor');
    expect(found).toMatchObject({ code: 0, err: '', report: { faultCount: 0, events: 25 } });
    const { out } = await rig.run('audit', 'verify', trail);
    expect(out).toContain('No fault was found.');
  });

  it('finds it below data of the configuration', async () => {
    writeTrail();
    configure();
    expect(await verify('--files')).toMatchObject({ code: 0, err: '', report: { faultCount: 0, events: 25 } });
    configure('{kafka: {brokers: ["k:9092"]}}');
    expect((await verify('--files')).err).toContain('has audit.kafka, so its events are not in files');
  });

  it('takes an unfinished last line for one that the gateway is writing, but only in the newest file', async () => {
    writeTrail();
    appendFileSync(path.join(trail, nameOf(5, 5)), '{"auditID":"0');
    expect(await verify(trail)).toMatchObject({ code: 0, report: { faultCount: 0 } });
    appendFileSync(path.join(trail, nameOf(4, 4)), '{"auditID":"0');
    expect(await verify(trail)).toMatchObject({ code: 1, report: { faults: [{ kind: 'truncated' }] } });
  });

  it('names what is missing if a file in the middle is gone', async () => {
    writeTrail();
    remove(3);
    const { code, report } = await verify(trail);
    expect(code).toBe(1);
    expect(report!.faults[0]).toMatchObject({ kind: 'missing', seq: 11, to: 15 });
  });

  it('begins with the oldest file if older ones were deleted, and says so', async () => {
    writeTrail();
    remove(1, 2);
    const { code, err, report } = await verify(trail);
    expect({ code, events: report!.events }).toEqual({ code: 0, events: 15 });
    expect(err).toMatch(/Note: older files were deleted, so the trail is verified from .* 2026-11-03T10:00:01.000Z on/);
  });

  it('names the end as missing if the newest file is gone, with the checkpoints of a second place', async () => {
    const { checkpoints } = writeTrail();
    writeFileSync(path.join(rig.directory, 'anchor'), checkpoints.map((one) => `${JSON.stringify(one)}\n`).join(''));
    remove(5);
    expect(await verify(trail)).toMatchObject({ code: 0 });
    expect((await verify(trail, '--anchor', 'anchor')).report!.faults[0]).toMatchObject({ kind: 'truncated' });
  });

  it('demands nothing of what retention deleted after a legal hold, which only the configuration shows', async () => {
    writeTrail();
    remove(1, 3);
    expect((await verify(trail)).code).toBe(1);
    configure('{legalHolds: [{name: case, from: 2026-11-02, until: 2026-11-03}]}');
    const { code, err } = await verify(trail, '--config', 'sallyport.yaml');
    expect(code).toBe(0);
    expect(err).toContain('between legal holds and the others, so nothing is demanded from 2026-11-02T10:05:00');
    expect((await verify('--files')).code).toBe(0);
    remove(4);
    writeFileSync(path.join(trail, nameOf(3, 3)), '');
    expect((await verify('--files')).code).toBe(1);
  });

  it('refuses a directory without a trail, and one beside other sources', async () => {
    expect((await verify('data')).err).toContain('has no files of an audit trail');
    writeTrail();
    expect((await verify('data/trail', 'data/trail')).err).toContain('is a directory, which is a trail of its own');
    expect((await verify('data/trail', '--files')).err).toContain('more than one trail is given');
  });
});
