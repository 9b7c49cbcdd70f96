import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import { createFaultyFiles } from '@sallyport/spool/testing';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';
import type { AuditLog } from '../sink/audit-sink.ts';
import { describeAuditSink } from '../testing/audit-sink.conformance.ts';
import {
  collect,
  createFileLogBed,
  idsOf,
  publishInTheEnd,
  samples,
  type FileLogBed,
} from '../testing/file-log-bed.ts';

const inTrail = { in: '/trail' };
let bed: FileLogBed;
const logs: AuditLog[] = [];
const open: FileLogBed['open'] = async (settings) => {
  const log = await bed.open(settings);
  logs.push(log);
  return log;
};
beforeEach(() => {
  bed = createFileLogBed();
});
afterEach(async () => {
  await Promise.all(logs.splice(0).map((log) => log.close(500)));
  bed.remove();
});

describe('an audit log in files on a failing disk', () => {
  it.each([
    ['is full', 'write', 'ENOSPC'],
    ['is full in the middle of a line', 'write', 'ENOSPC'],
    ['is read-only', 'write', 'EROFS'],
    ['fails to sync', 'datasync', 'EIO'],
    ['cannot create a file', 'open', 'ENOSPC'],
    ['fails to sync the directory', 'sync', 'EIO'],
  ] as const)(
    'acknowledges only what it could append if the disk %s, keeps the rest in the spool, and recovers',
    async (what, operation, code) => {
      const files = createFaultyFiles();
      const log = await open({ files, publishTimeoutMs: 1500, fileBytes: 20_000 });
      const { received } = collect(log);
      const before = await publishInTheEnd(log);
      const partial = what.includes('middle') ? { partial: 700 } : {};
      files.fail(operation, code, { ...inTrail, ...partial });
      // Enough for several files.
      const during = samples(60);
      for (const record of during) log.enqueue(record);
      const waited = sampleAuditRecord();
      await expect(log.publish(waited)).rejects.toMatchObject({ code: 'audit-unavailable' });
      // What fits into the file that is open needs no other one.
      const appended = operation === 'open' || operation === 'sync' ? received.length : 1;
      expect(appended).toBeLessThan(61);
      expect(idsOf(received)).toEqual([before.id, ...idsOf(during)].slice(0, appended));
      await until(() => bed.messages('warn').some((message) => message.startsWith('cannot deliver')));
      await expect(log.ping()).rejects.toThrow('cannot be written');
      expect(log.hasRoom()).toBe(true);
      await expect(log.keep!(sampleAuditRecord())).resolves.toBeUndefined();
      files.heal();
      await publishInTheEnd(log);
      await expect(log.ping()).resolves.toBeUndefined();
      const ids = idsOf(bed.events());
      expect(ids.slice(0, 62)).toEqual([before.id, ...idsOf(during), waited.id]);
      expect(new Set(ids).size).toBe(ids.length);
      expect(bed.verify()).toMatchObject({ faultCount: 0, repeated: 0 });
      await until(() => received.length === ids.length);
      expect(idsOf(received)).toEqual(ids);
    },
  );

  it('appends each event once if it is killed before the disk works again', async () => {
    const files = createFaultyFiles();
    const log = await open({ files });
    await log.publish(sampleAuditRecord());
    files.fail('datasync', 'EIO', inTrail);
    const during = samples(10);
    for (const record of during) log.enqueue(record);
    await log.keep!(sampleAuditRecord());
    await until(() => bed.events().length > 1);
    // What a process that is killed here leaves behind: lines that were never synced.
    const copy = createFileLogBed();
    cpSync(bed.data, copy.data, { recursive: true });
    const next = await copy.open();
    await next.publish(sampleAuditRecord());
    await next.close();
    expect(idsOf(copy.events()).slice(1, 11)).toEqual(idsOf(during));
    expect(copy.verify()).toMatchObject({ faultCount: 0, repeated: 0, events: 14 });
    copy.remove();
  });

  it('goes on if an old file cannot be deleted, and says so', async () => {
    const files = createFaultyFiles();
    const log = await open({ files, maxBytes: 60_000, fileBytes: 20_000 });
    files.fail('unlink', 'EPERM', inTrail);
    const sent = samples(100);
    for (const record of sent) log.enqueue(record);
    await log.publish(sampleAuditRecord());
    expect(idsOf(bed.events()).slice(0, 100)).toEqual(idsOf(sent));
    expect(bed.names()[0]).toMatch(/^00000001-/);
    const failed = bed.lines.find(({ message }) => message === 'cannot delete old files of the audit trail');
    expect(failed).toMatchObject({ level: 'warn', fields: { file: bed.names()[0], reason: 'EPERM: unlink' } });
    expect(bed.messages('warn').filter((message) => message.startsWith('deleted'))).toEqual([]);
  });

  it('ends while the disk does not answer, and keeps other processes out until it has', async () => {
    const files = createFaultyFiles();
    const log = await open({ files });
    await log.publish(sampleAuditRecord());
    const before = files.calls.datasync;
    files.hang('datasync', inTrail);
    const record = sampleAuditRecord();
    log.enqueue(record);
    await until(() => files.calls.datasync > before && bed.events().length === 2);
    await log.close(100);
    expect(bed.messages('warn')).toContain('closed the audit log before everything in it had ended');
    await expect(bed.open()).rejects.toThrow('Another process writes the audit trail');
    files.heal();
    const isOpened = () =>
      bed.open().then(
        (next) => next.close().then(() => true),
        () => false,
      );
    await until(isOpened);
    expect(bed.events()[1]?.id).toBe(record.id);
    expect(bed.verify()).toMatchObject({ faultCount: 0, repeated: 0 });
  });

  it('goes on if the disk does not take the position of a consumer, and saves it later', async () => {
    const files = createFaultyFiles();
    const log = await open({ files });
    const { received } = collect(log);
    files.fail('rename', 'ENOSPC', inTrail);
    for (const record of samples(3)) await log.publish(record);
    await until(() => received.length === 3);
    await until(() => bed.messages('warn').some((message) => message.startsWith('cannot save how far store')));
    expect(existsSync(join(bed.data, 'trail', 'consumers', 'store.json'))).toBe(false);
    files.heal();
    await until(() => existsSync(join(bed.data, 'trail', 'consumers', 'store.json')));
  });
});

describe('the end of an audit log that a process left', () => {
  const newest = () => join(bed.data, 'trail', bed.names().at(-1)!);
  /** Publishes events and returns a copy of the directory as a process that is killed leaves it. */
  const leave = async (count: number) => {
    const log = await open();
    const sent = samples(count);
    for (const record of sent) await log.publish(record);
    const copy = createFileLogBed();
    cpSync(bed.data, copy.data, { recursive: true });
    await log.close();
    bed.remove();
    bed = copy;
    return sent;
  };

  /**
   * Publishes events and returns a copy of the directory as a power loss leaves it: the trail with all of them, and the
   * spool with the first `spooled`, because it was not synced since.
   */
  const losePower = async (count: number, spooled: number) => {
    const log = await open();
    const sent = samples(count);
    const copy = createFileLogBed();
    for (const record of sent.slice(0, spooled)) await log.publish(record);
    cpSync(join(bed.data, 'spool'), join(copy.data, 'spool'), { recursive: true });
    for (const record of sent.slice(spooled)) await log.publish(record);
    cpSync(join(bed.data, 'trail'), join(copy.data, 'trail'), { recursive: true });
    writeFileSync(join(copy.data, 'spool', 'acknowledged'), '');
    // It names the boot of this machine.
    rmSync(join(copy.data, 'spool', 'session.json'));
    await log.close();
    bed.remove();
    bed = copy;
    return sent;
  };

  it('is not appended twice if a power loss took more from the spool than from the trail', async () => {
    const sent = await losePower(10, 5);
    const log = await open();
    const record = await publishInTheEnd(log);
    expect(idsOf(bed.events())).toEqual([...idsOf(sent), record.id]);
    await log.close();
    expect(bed.verify()).toMatchObject({ faultCount: 0, repeated: 0 });
  });

  it('is not appended twice if the power is lost again before the disk has what the spool noted', async () => {
    const sent = await losePower(10, 5);
    const copy = createFileLogBed();
    cpSync(join(bed.data, 'spool'), join(copy.data, 'spool'), { recursive: true });
    const log = await open();
    const record = await publishInTheEnd(log);
    cpSync(join(bed.data, 'trail'), join(copy.data, 'trail'), { recursive: true });
    const next = await copy.open();
    await next.close();
    expect(idsOf(copy.events())).toEqual([...idsOf(sent), record.id]);
    expect(copy.verify()).toMatchObject({ faultCount: 0, repeated: 0 });
    copy.remove();
  });

  it('stays as it is if it is damaged and the spool has its beginning only', async () => {
    await losePower(10, 5);
    const content = readFileSync(newest());
    const [, second = 0] = [...content.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at);
    content.fill(0, second + 500, second + 900);
    writeFileSync(newest(), content);
    const log = await open();
    await log.publish(sampleAuditRecord());
    expect(bed.names()).toHaveLength(2);
    expect(readFileSync(join(bed.data, 'trail', bed.names()[0]!))).toEqual(content);
  });

  it.each([
    ['half a line', '{"auditID":"0'],
    ['zeros', '\0'.repeat(5000)],
  ])('is mended at the start if it ends with %s', async (_what, end) => {
    const sent = await leave(3);
    appendFileSync(newest(), end);
    const log = await open();
    await log.publish(sampleAuditRecord());
    expect(idsOf(bed.events()).slice(0, 3)).toEqual(idsOf(sent));
    expect(bed.verify()).toMatchObject({ faultCount: 0, repeated: 0, events: 4 });
    expect(bed.messages('warn')).toEqual(['cut off what a write that was interrupted left in the audit trail']);
  });

  it('is sent again by the spool if the end of the file is lost', async () => {
    const sent = await leave(3);
    // The position of the acknowledgement is written within a moment; here it was not.
    writeFileSync(join(bed.data, 'spool', 'acknowledged'), '');
    const text = readFileSync(newest(), 'utf8');
    truncateSync(newest(), Buffer.byteLength(text.split('\n')[0]!) + 20);
    const log = await open();
    await log.publish(sampleAuditRecord());
    expect(idsOf(bed.events()).slice(0, 3)).toEqual(idsOf(sent));
    expect(bed.verify()).toMatchObject({ faultCount: 0, repeated: 0, events: 4 });
  });

  it('is sent again by the spool if a page in the middle of it is torn', async () => {
    const sent = await leave(6);
    writeFileSync(join(bed.data, 'spool', 'acknowledged'), '');
    const content = readFileSync(newest());
    content.fill(0, content.indexOf('\n') + 500, content.indexOf('\n') + 900);
    writeFileSync(newest(), content);
    const log = await open();
    await log.publish(sampleAuditRecord());
    expect(idsOf(bed.events()).slice(0, 6)).toEqual(idsOf(sent));
    expect(bed.verify()).toMatchObject({ faultCount: 0, repeated: 0, events: 7 });
  });

  it('stays as it is if it is damaged and the spool does not have it, and a new file begins', async () => {
    await leave(6);
    await until(() => readdirSync(join(bed.data, 'spool')).length > 0);
    const log = await open();
    await log.close();
    const content = readFileSync(newest());
    content.fill(0, content.indexOf('\n') + 500, content.indexOf('\n') + 900);
    writeFileSync(newest(), content);
    const again = await open();
    await again.publish(sampleAuditRecord());
    expect(bed.names()).toHaveLength(2);
    expect(readFileSync(join(bed.data, 'trail', bed.names()[0]!))).toEqual(content);
    expect(bed.messages('error')).toEqual([
      'a file of the audit trail is damaged; run: sallyport audit verify --files',
    ]);
  });
});

describeAuditSink(
  'files',
  async () => {
    const files = createFaultyFiles();
    const beds = Array.from({ length: 12 }, () => createFileLogBed());
    const received: AuditRecord[] = [];
    // The suite creates its sinks synchronously, so they are opened ahead.
    const ready = await Promise.all(beds.map((one) => one.open({ files, publishTimeoutMs: 1500 })));
    const suite = [...ready];
    return {
      createSink() {
        const log = suite.shift()!;
        log.subscribe('store', async (records) => void received.push(...records));
        return log;
      },
      takeDown: async () => files.fail('write', 'ENOSPC', inTrail),
      bringBack: async () => files.heal(),
      received: () => received,
      async close() {
        await Promise.all(ready.map((log) => log.close()));
        for (const one of beds) one.remove();
      },
    };
  },
  { bound: 'bytes' },
);
