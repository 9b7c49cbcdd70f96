import { describe, expect, it } from '@jest/globals';
import { faultsOf, evaluateCriterion } from '../../testing/evaluate-criterion.ts';

const records = (geo: unknown) => ({ records: { 'example.com/geoip': geo } });
const ask = (data: object, geo?: unknown) =>
  evaluateCriterion('record', { type: 'example.com/geoip', ...data }, geo === undefined ? {} : records(geo))[0];

describe('record', () => {
  it('tells whether there is one', () => {
    expect([
      ask({ exists: true }, {}),
      ask({ exists: true }),
      ask({ exists: false }),
      ask({ exists: false }, {}),
    ]).toEqual([true, false, true, false]);
    for (const odd of ['text', 5, null, ['a']]) expect(ask({ exists: true }, odd)).toBe(false);
  });

  it('compares a field with all given operators', () => {
    expect(ask({ field: 'country', is: 'DE' }, { country: 'DE' })).toBe(true);
    expect(ask({ field: 'country', in: ['DE', 'FR'], not: 'FR' }, { country: 'FR' })).toBe(false);
    expect(ask({ field: 'score', '>=': 5, '<': 10 }, { score: 9.5 })).toBe(true);
    expect(ask({ field: 'score', '>=': 5, '<': 10 }, { score: 10 })).toBe(false);
    expect(ask({ field: 'departments', has: 'engineering' }, { departments: ['sales', 'engineering'] })).toBe(true);
    expect(ask({ field: 'home.city', is: 'Berlin' }, { home: { city: 'Berlin' } })).toBe(true);
  });

  it('matches a missing field only with exclude', () => {
    for (const geo of [undefined, {}]) {
      for (const matcher of [{ is: 'x' }, { not: 'x' }, { not_in: ['x'] }, { has: 'x' }, { '<': 5 }])
        expect(ask({ field: 'f', ...matcher }, geo)).toBe(false);
      expect(ask({ field: 'f', exclude: 'x' }, geo)).toBe(true);
      expect(ask({ field: 'f', exclude: 'x', exists: true }, geo)).toBe(geo !== undefined);
    }
  });

  it('uses only records that were sent', () => {
    expect(evaluateCriterion('record', { type: 'constructor', exists: true }, { records: {} })).toEqual([
      false,
      'record-unauthorized',
    ]);
    expect(evaluateCriterion('record', { type: 'x', exists: true }, { records: null as never })).toEqual([
      false,
      'record-unauthorized',
    ]);
    expect(ask({ field: 'constructor.name', is: 'Object' }, {})).toBe(false);
  });

  it('refuses empty and invalid data', () => {
    expect(faultsOf('record', { type: 'x' })).toEqual(['record: needs exists or a matcher']);
    expect(faultsOf('record', { type: 'x', field: 'f' })).toHaveLength(1);
    expect(faultsOf('record', { type: 'x', is: 'y' })).toEqual(['record.field: must be the name of a field, not null']);
    expect(faultsOf('record', { type: 1, exists: 'yes', field: 2, '>': '5', iss: 'x' })).toEqual([
      'record.type: must be the type of a record, not a number',
      'record.exists: must be true or false, not a string',
      'record.>: must be a number, not a string',
      'record.iss: unknown record matcher "iss"',
      'record.field: must be the name of a field, not a number',
    ]);
    for (const data of ['x', null, []]) expect(faultsOf('record', data)).toHaveLength(1);
  });
});
