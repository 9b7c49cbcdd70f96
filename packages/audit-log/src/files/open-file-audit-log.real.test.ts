import { cpSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { dayMs } from '@sallyport/contracts/text';
import { createMetrics } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { pino } from 'pino';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';
import type { AuditLog } from '../sink/audit-sink.ts';
import { openFileAuditLog } from './open-file-audit-log.ts';
import {
  collect,
  createFileLogBed,
  idsOf,
  publishInTheEnd,
  samples,
  type FileLogBed,
} from '../testing/file-log-bed.ts';

const mebibyte = 1024 * 1024;
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

/** Publishes events that make a file of their own, because no two days share one. */
async function publishDays(log: AuditLog, days: readonly number[], each = 3): Promise<AuditRecord[]> {
  const all = days.flatMap((day) => samples(each, day * dayMs + 1000));
  for (const record of all) log.enqueue(record);
  await log.publish(sampleAuditRecord({ time: days.at(-1)! * dayMs + 2000 }));
  return all;
}

describe('an audit log in files', () => {
  it('keeps each event in a file that only its owner can read, and begins another at the size and each day', async () => {
    const log = await open({ fileBytes: 20_000, now: () => 101 * dayMs });
    const sent = [...samples(40, 100 * dayMs), ...samples(2, 101 * dayMs)];
    for (const record of sent) log.enqueue(record);
    await log.close();
    const names = bed.names();
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => name.endsWith('1970-04-11.ndjson')).length).toBeGreaterThan(2);
    expect(names).toEqual(names.toSorted());
    const trail = join(bed.data, 'trail');
    expect(statSync(trail).mode & 0o777).toBe(0o700);
    for (const name of names) {
      const { mode, size } = statSync(join(trail, name));
      expect(mode & 0o777).toBe(0o600);
      expect(size).toBeLessThanOrEqual(20_000);
    }
    // The last one closes the chain.
    expect(idsOf(bed.events()).slice(0, -1)).toEqual(idsOf(sent));
    expect(bed.verify()).toMatchObject({ faultCount: 0, producers: [{ closed: true }] });
  });

  it('overwrites nothing when the clock goes back by a day', async () => {
    const log = await open({ now: () => 101 * dayMs });
    const sent = [101, 100, 101].flatMap((day) => samples(2, day * dayMs));
    for (const record of sent) log.enqueue(record);
    await log.close();
    expect(bed.names().slice(0, 3)).toEqual([
      '00000001-1970-04-12.ndjson',
      '00000002-1970-04-11.ndjson',
      '00000003-1970-04-12.ndjson',
    ]);
    expect(idsOf(bed.events()).slice(0, 6)).toEqual(idsOf(sent));
    expect(bed.verify().faultCount).toBe(0);
  });

  it('goes on in its files after a restart, and in a number that no file had when they are gone', async () => {
    const first = await open();
    const { received } = collect(first);
    await first.publish(sampleAuditRecord());
    await first.close();
    const second = await open();
    await second.publish(sampleAuditRecord());
    expect(bed.names()).toHaveLength(1);
    expect(bed.verify()).toMatchObject({ faultCount: 0, events: 3 });
    await second.close();
    rmSync(join(bed.data, 'trail', bed.names()[0]!));
    const third = await open();
    const again = collect(third);
    const record = sampleAuditRecord();
    await third.publish(record);
    expect(bed.names()).toEqual([expect.stringMatching(/^00000002-/)]);
    await until(() => again.received.length > 0);
    expect(idsOf(again.received)).toEqual([record.id]);
    expect(received).toHaveLength(2);
  });

  it('refuses a second process in its directory', async () => {
    await open();
    await expect(bed.open()).rejects.toThrow(/Another process uses the spool .*\/spool \(process \d+, since/);
  });

  it('begins a new chain if its disk has lost the end of the spool, and not that of the trail', async () => {
    const log = await open();
    for (const record of samples(2)) await log.publish(record);
    const repaired = createFileLogBed();
    cpSync(join(bed.data, 'spool'), join(repaired.data, 'spool'), { recursive: true });
    for (const record of samples(3)) await log.publish(record);
    cpSync(join(bed.data, 'trail'), join(repaired.data, 'trail'), { recursive: true });
    const next = await repaired.open();
    await next.publish(sampleAuditRecord());
    await next.close();
    expect(new Set(repaired.events().map(({ data }) => data.sallyport.producer)).size).toBe(2);
    expect(repaired.verify()).toMatchObject({ faultCount: 0, repeated: 0 });
    repaired.remove();
  });

  it('refuses a second one in the directory of its trail, although that has a spool elsewhere', async () => {
    await open();
    const spool = { dir: join(bed.data, 'other'), maxBytes: 8 * mebibyte };
    const audit = { files: { maxBytes: 64 * mebibyte }, retention: dayMs, legalHolds: [], spool };
    const deps = { logger: pino({ level: 'silent' }), now: Date.now };
    await expect(openFileAuditLog({ data: bed.data, audit }, deps)).rejects.toThrow(/Another process writes .*trail/);
  });
});

describe('a consumer of an audit log in files', () => {
  it('begins with the oldest event, and continues where it was after a restart', async () => {
    const first = await open();
    const early = samples(5);
    for (const record of early) await first.publish(record);
    const { received } = collect(first);
    await until(() => received.length === 5);
    await first.close();
    const second = await open();
    const late = sampleAuditRecord();
    await second.publish(late);
    const more = collect(second);
    await until(() => more.received.length > 0);
    expect(idsOf(received).slice(0, 5)).toEqual(idsOf(early));
    expect(received.at(-1)?.data.sallyport.checkpoint).toEqual({ closing: true });
    expect(idsOf(more.received)).toEqual([late.id]);
    expect(more.received).toEqual([late]);
  });

  it('begins with the oldest event again if it writes into another store', async () => {
    const first = await open();
    const sent = samples(3);
    for (const record of sent) await first.publish(record);
    const one = collect(first, 'store', 'one');
    await until(() => one.received.length === 3);
    await first.close();
    // One that never stores anything, and is stopped at once.
    const second = await open();
    second.subscribe('store', () => Promise.reject(new Error('the store is away')), 'third');
    await until(() => bed.messages('warn').includes('cannot store audit events; retrying'));
    await second.close(0);
    const third = await open();
    const other = collect(third, 'store', 'other');
    await until(() => other.received.length >= 3);
    expect(idsOf(other.received).slice(0, 3)).toEqual(idsOf(sent));
    await third.close();
    const fourth = await open();
    const late = await publishInTheEnd(fourth);
    const again = collect(fourth, 'store', 'other');
    await until(() => idsOf(again.received).includes(late.id));
    expect(idsOf(again.received)).not.toContain(sent[0]!.id);
  });

  it.each([
    ['beyond the end of its file', 0],
    ['in a file that is not there', 1],
  ])('whose position is %s, as in a copy of a directory in use, reads the newest file again', async (_what, ahead) => {
    const first = await open();
    const early = collect(first);
    await first.publish(sampleAuditRecord());
    await until(() => early.received.length === 1);
    await first.close();
    const [name = ''] = bed.names();
    const position = {
      file: Number(name.slice(0, 8)) + ahead,
      offset: statSync(join(bed.data, 'trail', name)).size + 1,
    };
    writeFileSync(join(bed.data, 'trail', 'consumers', 'store.json'), JSON.stringify(position));
    const second = await open();
    for (const record of samples(3)) await second.publish(record);
    const { received } = collect(second);
    await until(() => received.length === bed.events().length);
    expect(idsOf(received)).toEqual(idsOf(bed.events()));
    expect(bed.messages('warn')).toEqual([expect.stringContaining('it begins that file anew')]);
    // The next process continues where this one is.
    await second.close();
    const third = await open();
    const late = sampleAuditRecord();
    await third.publish(late);
    const more = collect(third);
    await until(() => more.received.length > 0);
    expect(idsOf(more.received)).toEqual([late.id]);
  });

  it('that fails holds up neither acknowledgements nor the others, and gets its batch again', async () => {
    const log = await open();
    const [failing, fine]: AuditRecord[][] = [[], []];
    let isAway = true;
    log.subscribe('failing', async (records) => {
      if (isAway) throw new Error('the store is away');
      failing!.push(...records);
    });
    log.subscribe('fine', async (records) => void fine!.push(...records));
    const sent = samples(20);
    for (const record of sent) await log.publish(record);
    await until(() => fine!.length === 20);
    expect(failing).toEqual([]);
    isAway = false;
    await until(() => failing!.length === 20);
    expect(idsOf(failing!)).toEqual(idsOf(sent));
    expect(bed.messages('warn')).toEqual(['cannot store audit events; retrying']);
  });

  it('that is behind gets batches of a bounded size', async () => {
    const log = await open();
    const sent = samples(3000);
    for (const record of sent) log.enqueue(record);
    await log.publish(sampleAuditRecord());
    const sizes: number[] = [];
    const received: AuditRecord[] = [];
    log.subscribe('store', async (records) => {
      sizes.push(records.length);
      received.push(...records);
    });
    await until(() => received.length === 3001);
    expect(sizes.length).toBeGreaterThan(2);
    expect(idsOf(received).slice(0, 3000)).toEqual(idsOf(sent));
  });

  it('skips a line that is not an event, with an error that says where it is', async () => {
    const first = await open({ fileBytes: 1 });
    const sent = samples(3);
    for (const record of sent) await first.publish(record);
    await first.close();
    const damaged = bed.names()[1]!;
    writeFileSync(join(bed.data, 'trail', damaged), 'no event\n\n{"a":1}\nno end');
    const { received } = collect(await open());
    await until(() => received.length === 3);
    expect(idsOf(received).slice(0, 2)).toEqual([sent[0]!.id, sent[2]!.id]);
    const skipped = bed.lines.filter(({ message }) => message.startsWith('skipped a line'));
    expect(skipped.map(({ fields }) => [fields['file'], fields['at']])).toEqual([
      [damaged, 0],
      [damaged, 9],
      [damaged, 10],
      [damaged, 18],
    ]);
  });

  it('cannot have the name of another, nor one that cannot be that of a file', async () => {
    const log = await open();
    collect(log, 'store');
    expect(() => collect(log, 'store')).toThrow('already has a consumer');
    expect(() => collect(log, '../store')).toThrow('not allowed');
  });

  it('can be removed while the log goes on, and come back', async () => {
    const log = await open();
    const first = collect(log);
    await log.publish(sampleAuditRecord());
    await until(() => first.received.length === 1);
    await first.stop();
    const record = sampleAuditRecord();
    await log.publish(record);
    const second = collect(log);
    await until(() => second.received.length === 1);
    expect(idsOf(second.received)).toEqual([record.id]);
    expect(first.received).toHaveLength(1);
  });
});

describe('old files of an audit log', () => {
  const now = () => 110 * dayMs + dayMs / 2;
  const days = (names = bed.names()) => names.map((name) => Date.parse(name.slice(9, 19)) / dayMs);

  it('are deleted when retention has passed, but not those of a legal hold', async () => {
    const log = await open({ now });
    await publishDays(log, [100, 101, 102, 103, 104, 105, 110]);
    await log.close();
    expect(days()).toEqual([100, 101, 102, 103, 104, 105, 110]);
    const again = await open({
      now,
      retention: 5 * dayMs,
      legalHolds: [{ name: 'case', from: 101 * dayMs + 1, until: 102 * dayMs + 1 }],
    });
    await until(() => bed.messages('info').includes('deleted audit events past retention'));
    await again.publish(sampleAuditRecord({ time: now() }));
    expect(days()).toEqual([101, 102, 105, 110]);
  });

  it('stay until every consumer has read them, and younger ones with them', async () => {
    let day = 100;
    const openOn = (when: number) => {
      day = when;
      return open({ now: () => (day + 0.5) * dayMs, retention: 5 * dayMs });
    };
    const first = await openOn(100);
    const { received } = collect(first);
    await publishDays(first, [100]);
    await until(() => received.length === 4);
    await first.close();
    const second = await openOn(102);
    await publishDays(second, [101, 102]);
    await second.close();
    // The consumer was away, and is at the end of the first day.
    const third = await openOn(110);
    await third.publish(sampleAuditRecord({ time: now() }));
    await third.close();
    expect(days()).toEqual([100, 101, 102, 110]);
    const fourth = await openOn(110);
    const late = collect(fourth);
    await until(() => late.received.length > 8);
    await fourth.close();
    const fifth = await openOn(110);
    await until(() => bed.messages('info').includes('deleted audit events past retention'));
    await fifth.publish(sampleAuditRecord({ time: now() }));
    expect(days()).toEqual([110]);
    expect(bed.messages('error')).toEqual([]);
  });

  it('of a day of the future, which a wrong clock wrote, are deleted with the next younger one', async () => {
    const publishOn = async (day: number) => {
      const log = await open({ now: () => (day + 0.5) * dayMs, retention: 365 * dayMs });
      await publishDays(log, [day]);
      await log.close();
    };
    for (const day of [99, 90_000, 100, 110]) await publishOn(day);
    expect(days()).toEqual([99, 90_000, 100, 110]);
    const log = await open({ now, retention: 10 * dayMs });
    await log.close();
    expect(days()).toEqual([90_000, 100, 110]);
    const later = await open({ now, retention: 5 * dayMs });
    await later.close();
    expect(days()).toEqual([110]);
  });

  it('stay when the clock is ahead at the start, until it has made an event', async () => {
    const first = await open({ now });
    await publishDays(first, [100, 109, 110]);
    await first.close();
    const wrong = await open({ now: () => 90_000 * dayMs, retention: 5 * dayMs });
    await wrong.close();
    expect(days()).toEqual([109, 110]);
  });

  it('stay when the clock was back for a while', async () => {
    const log = await open({ now });
    await publishDays(log, [109, 110, 5]);
    await log.close();
    for (let starts = 0; starts < 2; starts += 1) {
      const next = await open({ now, retention: 5 * dayMs });
      await publishDays(next, [110]);
      await next.close();
    }
    expect(days()).toEqual([109, 110, 5, 110]);
  });

  it('are deleted when all together are too large, although they are new, held ones aside, with one line in the log', async () => {
    const metrics = createMetrics();
    const log = await open({
      now,
      metrics,
      maxBytes: 100_000,
      fileBytes: 20_000,
      legalHolds: [{ name: 'case', from: 100 * dayMs, until: 101 * dayMs }],
    });
    const { received } = collect(log);
    await publishDays(log, [100], 10);
    const sent = samples(300, 110 * dayMs);
    for (const record of sent) await log.publish(record);
    await until(() => received.length === 311);
    const sizeOf = (name: string) => statSync(join(bed.data, 'trail', name)).size;
    const loose = bed.names().filter((name) => !name.includes('1970-04-11'));
    expect(loose.reduce((sum, name) => sum + sizeOf(name), 0)).toBeLessThanOrEqual(100_000);
    expect(days()[0]).toBe(100);
    expect(idsOf(bed.events()).slice(-10)).toEqual(idsOf(sent).slice(-10));
    const deletions = bed.lines.filter(({ message }) => message.startsWith('deleted the oldest audit events'));
    expect(deletions.length).toBeGreaterThan(0);
    const metric = await metrics.getSingleMetricAsString('sallyport_audit_files_deleted_total');
    expect(metric).toContain(
      `{reason="size"} ${deletions.reduce((sum, { fields }) => sum + Number(fields['files']), 0)}`,
    );
    expect(await metrics.getSingleMetricAsString('sallyport_audit_files_unread_bytes')).toMatch(/consumer="store"\} 0/);
  });

  it('are deleted before a consumer has read them only if they are too large, and the log says what it lost', async () => {
    const first = await open({ now, maxBytes: 100_000, fileBytes: 20_000 });
    const taken = collect(first);
    await first.publish(sampleAuditRecord({ time: 110 * dayMs }));
    await until(() => taken.received.length === 1);
    await first.close();
    const second = await open({ now, maxBytes: 100_000, fileBytes: 20_000 });
    const sent = samples(200, 110 * dayMs);
    for (const record of sent) await second.publish(record);
    const lost = bed.lines.filter(({ message }) => message.includes('that a consumer has not read'));
    expect(lost[0]).toMatchObject({ level: 'error', fields: { consumer: 'store', bytes: expect.any(Number) } });
    const late = collect(second);
    await until(() => late.received.at(-1)?.id === sent.at(-1)!.id);
    expect(idsOf(late.received)).toEqual(idsOf(bed.events()));
    expect(late.received.length).toBeLessThan(200);
  });
});
