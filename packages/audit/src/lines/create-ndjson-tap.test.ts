import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sampleAuditRecord } from '@sallyport/audit-log';
import { createNdjsonTap } from './create-ndjson-tap.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-tap-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const lines = (file: string) =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the file of events', () => {
  it('has one event per line, data and envelope, in order of arrival, readable only by its owner', async () => {
    const file = path.join(directory, 'deep', 'audit.ndjson');
    const tap = createNdjsonTap({ file, anonymousFile: `${file}-anonymous` });
    const records = Array.from({ length: 50 }, () => sampleAuditRecord({ data: { requestURI: '/\n\u2028"' } }));
    await Promise.all([tap(records.slice(0, 20)), tap(records.slice(20, 21)), tap(records.slice(21))]);
    const { id, type, source, time, key, data } = records[0]!;
    expect(lines(file)[0]).toEqual({ ...data, cloudEvent: { id, type, source, time, key, specversion: '1.0' } });
    expect(lines(file).map((line) => line.auditID)).toEqual(records.map((record) => record.data.auditID));
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('appends to an existing file, and rotates it when it is full', async () => {
    const file = path.join(directory, 'audit.ndjson');
    const record = sampleAuditRecord();
    await createNdjsonTap({ file, anonymousFile: `${file}-anonymous` })([record]);
    const one = statSync(file).size;
    const tap = createNdjsonTap({ file, anonymousFile: `${file}-anonymous`, maxBytes: 3 * one });
    for (let written = 0; written < 6; written += 1) await tap([record]);
    expect(lines(file)).toHaveLength(1);
    expect(lines(`${file}.1`)).toHaveLength(3);
  });

  it('rejects while it cannot be written, and continues when it can', async () => {
    const file = path.join(directory, 'audit.ndjson');
    const tap = createNdjsonTap({ file, anonymousFile: `${file}-anonymous` });
    await tap([sampleAuditRecord()]);
    rmSync(directory, { recursive: true });
    await expect(tap([sampleAuditRecord()])).rejects.toThrow();
    await tap([sampleAuditRecord()]);
    expect(lines(file)).toHaveLength(1);
  });

  it('begins a line of its own after one that was cut, because the disk was full or the process died', async () => {
    const file = path.join(directory, 'audit.ndjson');
    const tap = createNdjsonTap({ file, anonymousFile: `${file}-anonymous` });
    const [first, second] = [sampleAuditRecord(), sampleAuditRecord()];
    await tap([first]);
    appendFileSync(file, '{"kind":"Ev');
    await tap([second]);
    const [one, cut, two, ...more] = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect([cut, more]).toEqual(['{"kind":"Ev', []]);
    expect([one, two].map((line) => (JSON.parse(line!) as { auditID: string }).auditID)).toEqual([
      first.data.auditID,
      second.data.auditID,
    ]);
  });

  const stranger = sampleAuditRecord({ data: { user: {}, responseStatus: { code: 401 } } });
  delete stranger.data.sallyport.identity;

  it('has the events of anonymous callers too, in order', async () => {
    const file = path.join(directory, 'audit.ndjson');
    const own = sampleAuditRecord();
    await createNdjsonTap({ file, anonymousFile: `${file}-anonymous` })([own, stranger, own]);
    expect(lines(file).map(({ auditID }) => auditID)).toEqual([own, stranger, own].map(({ data }) => data.auditID));
    expect(existsSync(`${file}-anonymous`)).toBe(false);
  });

  it('keeps the events of people, however many anonymous events there are', async () => {
    const file = path.join(directory, 'audit.ndjson');
    const anonymousFile = path.join(directory, 'audit-anonymous.ndjson');
    const own = sampleAuditRecord();
    await createNdjsonTap({ file, anonymousFile })([own]);
    const one = statSync(file).size;
    const tap = createNdjsonTap({ file, anonymousFile, maxBytes: 5 * one, maxAnonymousBytes: 3 * one });
    for (let written = 0; written < 50; written += 1) await tap([stranger, stranger]);
    expect(lines(file).map(({ auditID }) => auditID)).toEqual(
      [own, ...Array(3).fill(stranger)].map(({ data }) => data.auditID),
    );
    for (const each of [anonymousFile, `${anonymousFile}.1`]) expect(statSync(each).size).toBeLessThan(4 * one);
    expect(statSync(anonymousFile).mode & 0o777).toBe(0o600);
    // The next generation of the file has a share of its own.
    for (let written = 0; written < 3; written += 1) await tap([own, stranger]);
    expect(lines(file).map(({ auditID }) => auditID)).toEqual([own, own, stranger].map(({ data }) => data.auditID));
  });
});
