import { describe, expect, it } from '@jest/globals';
import { auditSectionSchema } from './audit.ts';

describe('legal holds', () => {
  const read = (...legalHolds: unknown[]) => auditSectionSchema.safeParse({ legalHolds });
  const messageOf = (...legalHolds: unknown[]) => read(...legalHolds).error?.issues[0]?.message;

  it('takes days and times, open ends, and holds that overlap', () => {
    const holds = [
      { name: 'Case 7', from: '2026-11-01', until: '2026-12-01T08:00:00+01:00', reason: 'letter of 3 November' },
      { name: 'case-8', from: '2026-11-15T00:00:00Z' },
    ];
    expect(read(...holds).data?.legalHolds).toEqual([
      { ...holds[0], from: Date.UTC(2026, 10, 1), until: Date.UTC(2026, 11, 1, 7) },
      { name: 'case-8', from: Date.UTC(2026, 10, 15) },
    ]);
  });

  it.each([
    [{ name: 'x', from: '2026-11-02', until: '2026-11-02' }, 'is not after from'],
    [{ name: 'x', from: '2026-11-02', until: '2026-11-01' }, 'is not after from'],
    [{ name: 'x', from: 'yesterday' }, 'not a time; write it like 2026-11-01 or 2026-11-01T08:00:00Z'],
    [{ name: 'x', from: '2026-02-30' }, 'not a time; write it like 2026-11-01 or 2026-11-01T08:00:00Z'],
    [{ name: '', from: '2026-11-01' }, 'not a name of 1 to 100 letters, digits, spaces, or . _ -'],
  ])('refuses %j', (hold, message) => {
    expect(messageOf(hold)).toBe(message);
  });

  it('refuses two holds with one name', () => {
    const hold = { name: 'x', from: '2026-11-01' };
    expect(messageOf(hold, hold)).toBe('two holds have the same name');
  });
});
