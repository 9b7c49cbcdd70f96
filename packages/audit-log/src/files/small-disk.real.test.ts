import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { describeOnSmallDisk } from '@sallyport/spool/testing';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';
import { collect, createFileLogBed, idsOf, publishInTheEnd } from '../testing/file-log-bed.ts';

describeOnSmallDisk('an audit log on a disk of one mebibyte', ({ path, remount }) => {
  it('that is full accepts no more, loses nothing that it has acknowledged, and goes on when there is space', async () => {
    const bed = createFileLogBed(path);
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
    remount('size=8m');
    await until(() => log.hasRoom());
    await publishInTheEnd(log);
    await log.close();
    const ids = idsOf(bed.events());
    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
    expect(bed.verify()).toMatchObject({ faultCount: 0, repeated: 0, events: ids.length });
    expect(idsOf(received)).toEqual(ids);
    bed.remove();
    remount('size=1m');
  });

  it('that another program fills prevents the next start, until there is space', async () => {
    const bed = createFileLogBed(path);
    const first = await bed.open();
    await first.publish(sampleAuditRecord());
    await first.close();
    const filling = join(path, 'filling');
    expect(() => writeFileSync(filling, Buffer.alloc(4 * 1024 * 1024))).toThrow('ENOSPC');
    await expect(bed.open()).rejects.toThrow('ENOSPC');
    rmSync(filling);
    const second = await bed.open();
    await second.publish(sampleAuditRecord());
    await second.close();
    expect(bed.verify()).toMatchObject({ faultCount: 0, repeated: 0, events: 4 });
    bed.remove();
  });

  it('that is read-only prevents the next start, until it can be written', async () => {
    const bed = createFileLogBed(path);
    const first = await bed.open();
    await first.publish(sampleAuditRecord());
    await first.close();
    remount('ro');
    await expect(bed.open()).rejects.toThrow(/read-only|EROFS|readonly/);
    remount('rw');
    const second = await bed.open();
    await second.publish(sampleAuditRecord());
    await second.close();
    expect(bed.verify()).toMatchObject({ faultCount: 0, repeated: 0, events: 4 });
    bed.remove();
  });
});
