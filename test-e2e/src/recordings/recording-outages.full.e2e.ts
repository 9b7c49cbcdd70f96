import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startBed, type Bed } from '@sallyport/bed';
import { describeWith, eventually } from '../harness/index.ts';
import { createRecordingsRig, type ListedRecording, type RecordingsRig } from './recordings-rig.ts';

/**
 * Prints about 80 MB, twice what one session may keep on the disk of the gateway. The reader pauses in the middle, and
 * Kubernetes cuts what a command that ends meanwhile printed last (kubernetes/kubernetes#124571).
 */
const printing = 'i=0; while [ $i -lt 80 ]; do i=$((i+1)); head -c 750000 /dev/urandom | base64; done; echo done >&2';
/** A session that is not recorded is ended 5 s later. A busy machine gets ten times as long. */
const endsMs = 10 * 5000;

describeWith(['node', 'kubectl', 'versitygw'], 'a bucket that is away or slow', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await startBed({ need: ['versitygw'] });
  });
  afterAll(() => bed?.stop());

  describe.each(['required', 'optional'] as const)('where recordings are %s', (demand) => {
    let rig: RecordingsRig;
    beforeAll(async () => {
      const { endpoint, bucket, accessKeyId, secretAccessKey } = bed.versitygw!;
      rig = await createRecordingsRig({
        default: demand,
        disk: { maxBytes: '64MiB' },
        store: { s3: { endpoint, bucket, accessKeyId, secretAccessKey, prefix: `${demand}/` } },
      });
      await rig.begin();
    });
    afterAll(() => rig?.stop());

    const exec = (script: string) => rig.exec(['exec', 'shell', '--', 'sh', '-c', script]);
    const newest = async (): Promise<ListedRecording> => (await rig.recordings())[0]!;
    const ended = (state: string) =>
      eventually(`a recording that is ${state}`, async () => {
        const found = await newest();
        return found.state === state ? found : undefined;
      });
    const stdoutOf = async (id: string): Promise<Buffer> => {
      const output = path.join(rig.data, `${id}.stdout`);
      // Its parts are in the bucket once it answers again.
      await eventually('all parts in the bucket', async () => {
        await rig.auditor('recordings', 'export', id, '--identity', rig.identity, '-o', 'raw', '--out', output);
        return true;
      });
      return readFileSync(output);
    };
    const verify = () => rig.verify(path.join(rig.data, 'trail'), '--recordings', '--config', rig.config);

    it('does not delay sessions while it is slow, and gets everything afterwards', async () => {
      await bed.versitygw!.freeze();
      const { stdout } = await exec('seq 100000');
      const { id } = await ended('complete');
      bed.versitygw!.thaw();
      expect((await stdoutOf(id)).toString()).toBe(stdout);
    });

    it(`${demand === 'required' ? 'ends' : 'does not end'} a session for which there is no more room`, async () => {
      await bed.versitygw!.pause();
      const session = rig.startExec(['exec', 'shell', '--', 'sh', '-c', printing]);
      const startedAt = performance.now();
      let [seen, grewAt] = [0, startedAt];
      const watch = setInterval(() => {
        if (session.stdout().length > seen) [seen, grewAt] = [session.stdout().length, performance.now()];
      }, 50);
      const result = await session.ended;
      clearInterval(watch);
      const silentMs = Math.round(performance.now() - grewAt);
      const { id } = await ended('cut');
      await bed.versitygw!.resume();
      const kept = await stdoutOf(id);
      process.stderr.write(
        `measured: a ${demand} session got ${result.stdout.length} characters, ${kept.length} bytes of it recorded; ` +
          `it ended ${silentMs} ms after its last output\n`,
      );
      if (demand === 'required') {
        expect(result.code).not.toBe(0);
        expect(result.stderr).toMatch(/record/);
        expect(kept.toString().startsWith(result.stdout)).toBe(true);
        expect(silentMs).toBeLessThan(endsMs);
      } else {
        const { code, stderr } = result;
        expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/done\n$/) });
        expect(result.stdout.length).toBeGreaterThan(kept.length);
        expect(result.stdout.startsWith(kept.toString())).toBe(true);
        const gaps = (
          JSON.parse(await rig.auditor('recordings', 'show', id, '-o', 'json')) as { gaps: { reason: string }[] }
        ).gaps;
        expect(gaps.length).toBeGreaterThan(0);
      }
      expect(await verify()).toMatchObject({ code: 0, faults: [], recordings: { faults: [] } });
    });

    if (demand === 'required')
      it('refuses a session when the disk is full, before its command runs', async () => {
        await bed.versitygw!.pause();
        const sessions = Array.from({ length: 5 }, () => exec(printing));
        await Promise.all(sessions);
        const refused = await exec('touch /tmp/has-run; echo ran');
        await bed.versitygw!.resume();
        expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/record/) });
        // Once there is room again, a session shows that the command has not run.
        await eventually('room on the disk', async () => /No such file/.test((await exec('ls /tmp/has-run')).stderr));
      });
  });
});
