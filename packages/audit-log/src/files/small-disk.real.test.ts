import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';
import { collect, createFileLogBed, idsOf, publishInTheEnd, until } from '../testing/file-log-bed.ts';

const mountPoint = mkdtempSync(join(tmpdir(), 'file-log-disk-'));
const mount = (...args: string[]) => spawnSync('mount', args, { encoding: 'utf8' });
const mounted = mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mountPoint);
const canMount = mounted.status === 0;

afterAll(() => {
  if (canMount) spawnSync('umount', ['--lazy', mountPoint]);
  rmSync(mountPoint, { recursive: true, force: true });
});

const describeOnDisk = canMount ? describe : describe.skip;
if (!canMount)
  process.stderr.write(`\nSKIPPED: a full and a read-only disk were not tested: ${mounted.stderr.trim()}\n\n`);

describeOnDisk('an audit log on a disk of one mebibyte', () => {
  it('that is full accepts no more, loses nothing that it has acknowledged, and goes on when there is space', async () => {
    const bed = createFileLogBed(mountPoint);
    const log = await bed.open({ publishTimeoutMs: 1500 });
    const { received } = collect(log);
    const acknowledged: string[] = [];
    for (let refusals = 0; refusals < 3;) {
      const records = Array.from({ length: 20 }, () => sampleAuditRecord());
      const outcomes = await Promise.allSettled(records.map((record) => log.publish(record)));
      for (const [index, { status }] of outcomes.entries())
        if (status === 'fulfilled') acknowledged.push(records[index]!.id);
      refusals = outcomes.every(({ status }) => status === 'rejected') ? refusals + 1 : 0;
    }
    expect(acknowledged.length).toBeGreaterThan(100);
    expect(log.failure!()).toContain('the disk is full');
    await expect(log.ping()).rejects.toThrow('fails');
    expect(mount('-o', 'remount,size=8m', mountPoint).status).toBe(0);
    await until(() => log.hasRoom());
    await publishInTheEnd(log);
    await log.close();
    const ids = idsOf(bed.events());
    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
    expect(bed.verify()).toMatchObject({ faultCount: 0, repeated: 0, events: ids.length });
    expect(idsOf(received)).toEqual(ids);
    bed.remove();
    expect(mount('-o', 'remount,size=1m', mountPoint).status).toBe(0);
  });

  it('that another program fills starts with what is there, and goes on when there is space', async () => {
    const bed = createFileLogBed(mountPoint);
    const first = await bed.open();
    await first.publish(sampleAuditRecord());
    await first.close();
    const filling = join(mountPoint, 'filling');
    expect(() => writeFileSync(filling, Buffer.alloc(4 * 1024 * 1024))).toThrow('ENOSPC');
    await expect(bed.open()).rejects.toThrow('ENOSPC');
    rmSync(filling);
    const second = await bed.open();
    await second.publish(sampleAuditRecord());
    await second.close();
    expect(bed.verify()).toMatchObject({ faultCount: 0, repeated: 0, events: 4 });
    bed.remove();
  });

  it('that is read-only is not used, and goes on when it can be written', async () => {
    const bed = createFileLogBed(mountPoint);
    const first = await bed.open();
    await first.publish(sampleAuditRecord());
    await first.close();
    expect(mount('-o', 'remount,ro', mountPoint).status).toBe(0);
    await expect(bed.open()).rejects.toThrow(/read-only|EROFS|readonly/);
    expect(mount('-o', 'remount,rw', mountPoint).status).toBe(0);
    const second = await bed.open();
    await second.publish(sampleAuditRecord());
    await second.close();
    expect(bed.verify()).toMatchObject({ faultCount: 0, repeated: 0, events: 4 });
    bed.remove();
  });
});
