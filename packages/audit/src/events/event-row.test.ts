import { describe, expect, it } from '@jest/globals';
import { sampleAuditRecord } from '@sallyport/audit-log';
import fc from 'fast-check';
import { searchable, toRow } from './event-row.ts';
import { UnstorableError } from './event-store.ts';

const timeIn = (time: string) => toRow({ ...sampleAuditRecord(), time }).time;

describe('the time of a row', () => {
  it('is the time of the event in UTC, with microseconds', () => {
    const range = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(range), fc.integer({ min: 0, max: 999 }), (date, micros) => {
        const time = `${date.toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
        expect(timeIn(time)).toBe(time);
      }),
    );
    expect(timeIn('2026-11-28T07:00:00+01:00')).toBe('2026-11-28T06:00:00.000000Z');
    expect(timeIn('2026-11-28T06:00:00.12345Z')).toBe('2026-11-28T06:00:00.123450Z');
  });

  it('is a time that exists', () => {
    const days = ['0000-01-01', '2026-13-01', '2026-00-10', '2026-01-00', '2026-01-32'];
    const others = ['2026-01-01T25:00:00.000000Z', '2026-01-01T00:60:00.000000Z', '2026-01-01T00:00:60.000000Z', ''];
    for (const time of [...days.map((day) => `${day}T00:00:00.000000Z`), ...others])
      expect(() => timeIn(time)).toThrow(UnstorableError);
    // The 30th of February is read as the day that follows the 28th by two.
    expect(timeIn('2026-02-30T00:00:00.000000Z')).toBe('2026-03-02T00:00:00.000000Z');
  });
});

describe('a value that is searched', () => {
  it('is what PostgreSQL can index: without NUL and lone surrogates, of at most 800 bytes', () => {
    expect(searchable('a\0b\ud800c')).toBe('a\ufffdb\ufffdc');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
        const found = searchable(text);
        expect(Buffer.byteLength(found)).toBeLessThanOrEqual(800);
        expect(found.isWellFormed() && !found.includes('\0')).toBe(true);
        expect(searchable(found)).toBe(found);
      }),
    );
  });
});
