import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createVerifier } from '@sallyport/audit-proof';
import { createRig, type Rig } from '../../testing/rig.ts';
import { trailFile, trailKey, writeTrail } from '../../testing/write-trail.ts';
import { directoryTrail } from './directory-trail.ts';

let [rig, trail]: [Rig, string] = [undefined!, ''];
const writeFiles = () => writeTrail(trail);

beforeEach(() => {
  rig = createRig();
  trail = path.join(rig.directory, 'data', 'trail');
  mkdirSync(trail, { recursive: true });
  writeFileSync(path.join(rig.directory, 'keys.pem'), trailKey);
});
afterEach(() => rig.remove());

const configure = (audit = '{}') =>
  writeFileSync(path.join(rig.directory, 'sallyport.yaml'), `gateway: {url: "http://127.0.0.1:1"}\naudit: ${audit}\n`);
const remove = (...days: number[]) => days.forEach((day) => rmSync(path.join(trail, trailFile(day))));
type Report = { faultCount: number; events: number; faults: { kind: string; seq: number; to?: number }[] };
const verify = async (...args: string[]) => {
  const { code, out, err } = await rig.run('audit', 'verify', '-o', 'json', '--keys', 'keys.pem', ...args);
  return { code, err, report: (out === '' ? undefined : JSON.parse(out)) as Report | undefined };
};

describe('sallyport audit verify with a directory', () => {
  it('reads all files of the trail in their order, as one trail', async () => {
    const { checkpoints } = writeFiles();
    writeFileSync(path.join(rig.directory, 'anchor'), checkpoints.map((one) => `${JSON.stringify(one)}\n`).join(''));
    const found = await verify('data/trail', '--anchor', 'anchor');
    expect(found).toMatchObject({ code: 0, err: '', report: { faultCount: 0, events: 25 } });
    const { out } = await rig.run('audit', 'verify', trail);
    expect(out).toContain('No fault was found.');
  });

  it('finds it below data of the configuration', async () => {
    writeFiles();
    configure();
    expect(await verify('--files')).toMatchObject({ code: 0, err: '', report: { faultCount: 0, events: 25 } });
    configure('{kafka: {brokers: ["k:9092"]}}');
    const { err } = await verify('--files');
    expect(err).toContain('has audit.kafka, so its events are not in files');
    expect(err).toContain('--topic');
    configure('{kafka: {memory: true}}');
    expect((await verify('--files')).err).toContain('Verify an export of them');
  });

  it('finds it in the data directory of a gateway as well', async () => {
    writeFiles();
    expect(await verify('data')).toMatchObject({ code: 0, err: '', report: { faultCount: 0, events: 25 } });
    appendFileSync(path.join(trail, trailFile(4)), 'x');
    const { report } = await verify('data');
    expect(report!.faults[0]).toMatchObject({ place: { source: path.join('data', 'trail', trailFile(4)) } });
  });

  it('goes on with the next file if those before it are deleted while it reads', async () => {
    writeFiles();
    const verifier = createVerifier();
    let isFirst = true;
    const read = await directoryTrail(rig.environment, { directory: trail, holds: [] })(verifier, () => {
      if (isFirst) remove(1, 2);
      isFirst = false;
    });
    expect(read).toMatchObject({ since: '2026-11-03T10:00:01.000Z', because: 'older files were deleted' });
    expect(verifier.finish(read as { since: string }).faults).toEqual([]);
  });

  it('names what is missing if a file in the middle is deleted while it reads', async () => {
    writeFiles();
    const verifier = createVerifier();
    const read = await directoryTrail(rig.environment, { directory: trail, holds: [] })(verifier, () => {
      rmSync(path.join(trail, trailFile(2)), { force: true });
    });
    expect(read).toEqual({ absent: [] });
    expect(verifier.finish().faults).toMatchObject([{ kind: 'missing', seq: 6, to: 10 }]);
  });

  it('takes no file without an event for the oldest one, or for the next one after a hold', async () => {
    writeFiles();
    remove(1);
    writeFileSync(path.join(trail, trailFile(2)), '');
    const { code, err } = await verify(trail);
    expect(code).toBe(0);
    expect(err).toContain('from the first checkpoint after 2026-11-03T10:00:01.000Z on');

    writeFiles();
    remove(1, 3);
    writeFileSync(path.join(trail, trailFile(4)), '');
    configure('{legalHolds: [{name: case, from: 2026-11-02, until: 2026-11-03}]}');
    expect(await verify('--files')).toMatchObject({
      code: 0,
      err: expect.stringContaining('nothing is demanded from 2026-11-02T10:05:00.000000Z to 2026-11-05T10:00:01.000Z'),
    });
  });

  it('names what is missing from a file that was emptied', async () => {
    writeFiles();
    writeFileSync(path.join(trail, trailFile(2)), '');
    expect((await verify(trail)).report!.faults[0]).toMatchObject({ kind: 'missing', seq: 6, to: 10 });
  });

  it('takes an unfinished last line for one that the gateway is writing, but only in the newest file', async () => {
    writeFiles();
    appendFileSync(path.join(trail, trailFile(5)), '{"auditID":"0');
    expect(await verify(trail)).toMatchObject({ code: 0, report: { faultCount: 0 } });
    appendFileSync(path.join(trail, trailFile(4)), '{"auditID":"0');
    expect(await verify(trail)).toMatchObject({ code: 1, report: { faults: [{ kind: 'truncated' }] } });
  });

  it('names what is missing if a file in the middle is gone', async () => {
    writeFiles();
    remove(3);
    const { code, report } = await verify(trail);
    expect(code).toBe(1);
    expect(report!.faults[0]).toMatchObject({ kind: 'missing', seq: 11, to: 15 });
  });

  it('begins with the oldest file if older ones were deleted, and says so', async () => {
    writeFiles();
    remove(1, 2);
    const { code, err, report } = await verify(trail);
    expect({ code, events: report!.events }).toEqual({ code: 0, events: 15 });
    expect(err).toMatch(/Note: older files were deleted, so the trail is verified from .* 2026-11-03T10:00:01.000Z on/);
  });

  it('names the end as missing if the newest file is gone, with the checkpoints of a second place', async () => {
    const { checkpoints } = writeFiles();
    writeFileSync(path.join(rig.directory, 'anchor'), checkpoints.map((one) => `${JSON.stringify(one)}\n`).join(''));
    remove(5);
    expect(await verify(trail)).toMatchObject({ code: 0 });
    expect((await verify(trail, '--anchor', 'anchor')).report!.faults[0]).toMatchObject({ kind: 'truncated' });
  });

  it('demands nothing of what retention deleted after a legal hold, which only the configuration shows', async () => {
    writeFiles();
    remove(1, 3);
    expect((await verify(trail)).code).toBe(1);
    configure('{legalHolds: [{name: case, from: 2026-11-02, until: 2026-11-03}]}');
    const { code, err } = await verify(trail, '--config', 'sallyport.yaml');
    expect(code).toBe(0);
    expect(err).toContain('between legal holds and the others, so nothing is demanded from 2026-11-02T10:05:00');
    expect((await verify('--files')).code).toBe(0);
    // After the move to Kafka, the configuration still has the holds.
    configure('{kafka: {brokers: ["k:9092"]}, legalHolds: [{name: case, from: 2026-11-02, until: 2026-11-03}]}');
    expect((await verify(trail, '--config', 'sallyport.yaml')).code).toBe(0);
    configure('{legalHolds: [{name: case, from: 2026-11-02, until: 2026-11-03}]}');
    remove(4);
    writeFileSync(path.join(trail, trailFile(3)), '');
    expect((await verify('--files')).code).toBe(1);
  });

  it('refuses a directory without a trail, and one beside other sources', async () => {
    expect((await verify('data')).err).toContain('has no files of an audit trail');
    writeFiles();
    expect((await verify('data/trail', 'data/trail')).err).toContain('is a directory, which is a trail of its own');
    expect((await verify('data/trail', '--files')).err).toContain('more than one trail is given');
  });
});
