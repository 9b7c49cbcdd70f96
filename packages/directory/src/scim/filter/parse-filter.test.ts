import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ScimError } from '../answer/scim-error.ts';
import { groupSchema, userSchema } from '../schema/schemas.ts';
import { type Filter, requiredValues } from './filter.ts';
import { matches } from './matches.ts';
import { parseFilter } from './parse-filter.ts';

/** Any character. fast-check's own arbitrary would first build a table of all of them. */
const character = fc
  .integer({ min: 0, max: 0x10_f7ff })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));

const enterprise = userSchema.extension!.urn;
const alice = {
  schemas: [userSchema.urn],
  id: 'id-1',
  externalId: '00uA',
  userName: 'Alice@example.com',
  displayName: 'Alice',
  active: true,
  name: { familyName: 'Liddell', givenName: 'Alice' },
  emails: [
    { value: 'alice@example.com', type: 'work', primary: true },
    { value: 'a@home.example', type: 'home' },
  ],
  meta: { created: '2026-01-02T03:04:05.000Z', lastModified: '2026-02-02T00:00:00.000Z' },
  [enterprise]: { department: 'R&D', manager: { value: 'id-9' } },
};
const isMatch = (filter: string) => matches(parseFilter(filter, userSchema), alice);
const fault = (filter: string, schema = userSchema) => {
  try {
    parseFilter(filter, schema);
  } catch (error) {
    expect(error).toBeInstanceOf(ScimError);
    expect(error).toMatchObject({ status: 400, scimType: 'invalidFilter' });
    return (error as ScimError).message;
  }
  throw new Error(`was accepted: ${filter}`);
};

describe('a filter', () => {
  it.each([
    'userName eq "alice@EXAMPLE.com"',
    'USERNAME EQ "alice@example.com"',
    'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "alice@example.com"',
    'externalId eq "00uA"',
    'id eq "id-1"',
    'userName co "@example"',
    'userName sw "alice"',
    'userName ew ".com"',
    'displayName pr',
    'name pr',
    'emails pr',
    'name.familyName eq "liddell"',
    'emails eq "a@home.example"',
    'emails.value eq "A@HOME.example"',
    'emails[type eq "work" and value co "example.com"]',
    'emails[type eq "work"].value eq "alice@example.com"',
    'active eq true',
    'active eq "True"',
    'active ne false',
    'not (active eq false)',
    'userName eq "bob" or displayName eq "alice"',
    'userName sw "a" and (displayName eq "x" or displayName eq "Alice")',
    'nickName ne "x"',
    'nickName eq null',
    'userName ne null',
    `${enterprise}:department eq "r&d"`,
    `${enterprise}:manager.value eq "id-9"`,
    'meta.created gt "2026-01-01T00:00:00Z"',
    'meta.lastModified ge "2026-02-02T01:00:00+01:00"',
    'meta.created lt "2027-01-01T00:00:00Z"',
    'userName gt "al"',
    'title eq "x" or userName eq "b" or active eq true',
    'not(userName eq "x")',
    'displayName eq "\\u0041lice"',
  ])('matches: %s', (filter) => {
    expect(isMatch(filter)).toBe(true);
  });

  it.each([
    'userName eq "alice"',
    'externalId eq "00ua"',
    'id eq "ID-1"',
    'nickName pr',
    'nickName co "a"',
    'emails[type eq "home" and value co "example.com"]',
    'emails[type eq "other"]',
    'active eq false',
    'not (active eq true)',
    'userName eq "x" and displayName eq "Alice"',
    'displayName eq "x" or userName eq "y" and active eq true',
    `${enterprise}:department pr and ${enterprise}:division pr`,
    'meta.created gt "2026-06-01T00:00:00Z"',
    'userName eq null',
    'active eq "yes"',
    // The Kelvin sign is not a k.
    'displayName eq "Ali\u212Ae"',
  ])('does not match: %s', (filter) => {
    expect(isMatch(filter)).toBe(false);
  });

  it.each([
    ['', 'attribute'],
    ['   ', 'attribute'],
    ['userName', 'operator'],
    ['userName eq', 'value'],
    ['userName eq alice', 'string'],
    ['userName is "a"', 'operator'],
    ['userNme eq "a"', 'no attribute'],
    ['emails[foo eq "a"]', 'no sub-attribute'],
    ['userName[value eq "a"]', 'multi-valued'],
    ['(userName eq "a"', 'missing'],
    ['userName eq "a")', 'unexpected'],
    ['userName eq "a" and', 'attribute'],
    ['userName eq "a', 'closing quote'],
    ['userName eq "\\x"', 'JSON'],
    ['not userName eq "a"', 'missing'],
    ['active gt true', 'only strings'],
    ['userName eq "a" userName eq "b"', 'unexpected'],
    ['__proto__ eq "a"', 'no attribute'],
    ['constructor.name eq "Object"', 'no attribute'],
    ['name.__proto__ pr', 'no attribute'],
    ['emails[type eq "a"', 'missing'],
    ['password eq "x"', 'no attribute'],
  ])('is rejected: %s', (filter, words) => {
    expect(fault(filter)).toContain(words);
  });

  it('on groups accepts only attributes of groups', () => {
    expect(fault('userName eq "a"', groupSchema)).toContain('no attribute');
    expect(parseFilter('id eq "g" and members eq "p"', groupSchema)).toMatchObject({ type: 'and' });
  });

  it('is bounded in length, comparisons and depth', () => {
    expect(fault(`userName eq "${'a'.repeat(5000)}"`)).toContain('longer');
    expect(fault(Array(70).fill('active pr').join(' or '))).toContain('comparisons');
    expect(fault(`${'('.repeat(40)}active pr${')'.repeat(40)}`)).toContain('deep');
    expect(fault(`${'not ('.repeat(40)}active pr${')'.repeat(40)}`)).toContain('deep');
  });

  it('is parsed in time linear to its length, even if it is hostile', () => {
    const time = (text: string) => {
      const from = performance.now();
      for (let n = 0; n < 20; n += 1) {
        try {
          parseFilter(text, userSchema);
        } catch {}
      }
      return performance.now() - from;
    };
    for (const piece of ['(', 'not (', '"', '\\"', 'a', '[', 'emails[', 'a eq "\\', ' ', 'userName eq "a" or '])
      expect(time(piece.repeat(Math.floor(4096 / piece.length)))).toBeLessThan(20_000);
  });

  it('yields the values that matching resources must have', () => {
    const values = (filter: string) =>
      requiredValues(parseFilter(filter, userSchema)).map(({ attribute, subAttribute, value }) =>
        [attribute, subAttribute, value].filter(Boolean).join(' '),
      );
    expect(values('userName eq "a"')).toEqual(['userName a']);
    expect(values('active eq true and (externalId eq "x" and emails[type eq "work"].value eq "e")')).toEqual([
      'externalId x',
      'emails type work',
      'emails value e',
    ]);
    expect(values('userName eq "a" or externalId eq "b"')).toEqual([]);
    expect(values('not (userName eq "a")')).toEqual([]);
    expect(values('userName co "a"')).toEqual([]);
  });

  const path = fc.constantFrom('userName', 'displayName', 'externalId', 'emails.value', 'name.familyName', 'title');
  const leaf = fc
    .tuple(
      path,
      fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'),
      fc.oneof(fc.constantFrom('alice', 'Alice@example.com', 'x'), fc.string({ unit: character, maxLength: 8 })),
    )
    .map(([at, op, value]) => `${at} ${op} ${JSON.stringify(value)}`);
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      path.map((at) => `${at} pr`),
      tie('tree').map((one) => `not (${one})`),
      fc.tuple(tie('tree'), fc.constantFrom('and', 'or'), tie('tree')).map(([a, op, b]) => `(${a}) ${op} (${b})`),
    ),
  }));
  it('of any valid form is parsed, and its negation matches exactly where it does not', () => {
    fc.assert(
      fc.property(tree, (text) => {
        expect(isMatch(`not (${text})`)).toBe(!isMatch(text));
      }),
      { numRuns: 300 },
    );
  });

  it('does not match a resource without one of its required values', () => {
    fc.assert(
      fc.property(tree, (text) => {
        const filter: Filter = parseFilter(text, userSchema);
        for (const { attribute } of requiredValues(filter))
          expect(matches(filter, { ...alice, [attribute]: undefined })).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('of any characters yields a filter or a ScimError', () => {
    const words = fc.constantFrom(
      'userName',
      'eq',
      'pr',
      'and',
      'or',
      'not',
      '(',
      ')',
      '[',
      ']',
      '"a"',
      '"',
      'true',
      'emails',
      '.value',
      'null',
      '1',
      ' ',
      '\\',
      '__proto__',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: character, maxLength: 60 }),
          fc.array(words, { maxLength: 14 }).map((all) => all.join(' ')),
          fc.array(words, { maxLength: 14 }).map((all) => all.join('')),
        ),
        (text) => {
          try {
            expect(typeof matches(parseFilter(text, userSchema), alice)).toBe('boolean');
          } catch (error) {
            expect(error).toBeInstanceOf(ScimError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
