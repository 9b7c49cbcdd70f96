import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ScimError } from '../answer/scim-error.ts';
import { checkDocument, type Document } from '../resource/document.ts';
import { userSchema } from '../schema/schemas.ts';
import { applyOperation } from './apply-operations.ts';
import { parsePath } from './parse-path.ts';
import { planMembers, type MemberPlan } from './plan-members.ts';
import { createPatchWork, readOperations } from './read-operations.ts';

/** Any character. fast-check's own arbitrary would first build a table of all of them. */
const character = fc
  .integer({ min: 0, max: 0x10_f7ff })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));

const patchUrn = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const enterprise = userSchema.extension!.urn;
const alice: Document = {
  userName: 'alice@example.com',
  displayName: 'Alice',
  active: true,
  name: { familyName: 'Liddell', givenName: 'Alice' },
  emails: [
    { value: 'alice@example.com', type: 'work', primary: true },
    { value: 'a@home.example', type: 'home' },
  ],
  [enterprise]: { department: 'R&D' },
};
const patch = (Operations: unknown, document: Document = alice) => {
  const before = structuredClone(document);
  const after = readOperations({ schemas: [patchUrn], Operations }).reduce<Document>(
    (next, operation) => applyOperation(userSchema, next, operation, createPatchWork()),
    document,
  );
  expect(document).toEqual(before);
  return checkDocument(userSchema, after);
};
const changed = (Operations: unknown) => {
  const after = patch(Operations);
  return Object.fromEntries(
    Object.entries(after).filter(([name, value]) => JSON.stringify(alice[name]) !== JSON.stringify(value)),
  );
};
const fault = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(ScimError);
    return (error as ScimError).scimType;
  }
  throw new Error('was accepted');
};

describe('a PATCH request as clients send it', () => {
  it('from Okta has values without a path, including the id', () => {
    expect(changed([{ op: 'replace', value: { active: false } }])).toEqual({ active: false });
    expect(changed([{ op: 'replace', value: { id: 'id-1', displayName: 'Alice L.' } }])).toEqual({
      displayName: 'Alice L.',
    });
    expect(changed([{ op: 'add', value: { title: 'Engineer', name: { honorificPrefix: 'Dr' } } }])).toEqual({
      title: 'Engineer',
      name: { familyName: 'Liddell', givenName: 'Alice', honorificPrefix: 'Dr' },
    });
  });

  it('from Entra has capitals, quoted booleans, paths as names, new values in filters and a manager as a string', () => {
    expect(changed([{ op: 'Replace', path: 'active', value: 'False' }])).toEqual({ active: false });
    expect(changed([{ op: 'Add', path: 'active', value: 'false' }])).toEqual({ active: false });
    expect(
      changed([{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'new@example.com' }])['emails'],
    ).toEqual([
      { value: 'new@example.com', type: 'work', primary: true },
      { value: 'a@home.example', type: 'home' },
    ]);
    expect(changed([{ op: 'Add', path: 'emails[type eq "other"].value', value: 'o@example.com' }])['emails']).toEqual([
      ...(alice['emails'] as object[]),
      { type: 'other', value: 'o@example.com' },
    ]);
    expect(
      changed([
        {
          op: 'Replace',
          value: {
            'name.familyName': 'Hargreaves',
            'emails[type eq "work"].value': 'h@example.com',
            [`${enterprise}:department`]: 'Ops',
          },
        },
      ]),
    ).toMatchObject({
      name: { familyName: 'Hargreaves', givenName: 'Alice' },
      [enterprise]: { department: 'Ops' },
    });
    expect(changed([{ op: 'Add', path: `${enterprise}:manager`, value: 'id-7' }])).toEqual({
      [enterprise]: { department: 'R&D', manager: { value: 'id-7' } },
    });
    expect(changed([{ op: 'Remove', path: `${enterprise}:department` }])).toEqual({});
    expect(patch([{ op: 'Remove', path: `${enterprise}:department` }])).not.toHaveProperty(enterprise);
    expect(
      changed([
        { op: 'Replace', path: 'phoneNumbers[type eq "work"].value', value: '+49' },
        { op: 'add', path: 'addresses', value: [] },
      ]),
    ).toEqual({});
  });

  it('adds only new values to a list, and leaves one address primary', () => {
    expect(changed([{ op: 'add', path: 'emails', value: { value: 'alice@example.com', type: 'work' } }])).toEqual({});
    const { emails } = changed([
      { op: 'add', path: 'emails', value: [{ value: 'n@example.com', type: 'other', primary: true }] },
    ]) as { emails: { primary?: boolean }[] };
    expect(emails.map(({ primary }) => primary)).toEqual([false, undefined, true]);
    expect(
      (
        changed([{ op: 'replace', path: 'emails[type eq "home"].primary', value: true }])['emails'] as {
          primary: boolean;
        }[]
      ).map(({ primary }) => primary),
    ).toEqual([false, true]);
  });

  it('removes attributes, sub-attributes, and values selected by a filter or listed in the operation', () => {
    expect(patch([{ op: 'remove', path: 'emails' }])).not.toHaveProperty('emails');
    expect(patch([{ op: 'remove', path: 'emails[type eq "home"]' }])['emails']).toHaveLength(1);
    expect(patch([{ op: 'remove', path: 'emails[type eq "none"]' }])).toEqual(alice);
    expect(
      patch([{ op: 'Remove', path: 'emails', value: [{ value: 'a@home.example', type: 'home' }] }])['emails'],
    ).toHaveLength(1);
    expect(patch([{ op: 'remove', path: 'name.givenName' }])['name']).toEqual({ familyName: 'Liddell' });
    expect(patch([{ op: 'replace', path: 'displayName', value: null }])).not.toHaveProperty('displayName');
    expect(patch([{ op: 'remove', path: enterprise }])).not.toHaveProperty(enterprise);
  });

  it('replaces a whole value, or only the given sub-attributes with add', () => {
    expect(
      (
        patch([{ op: 'replace', path: 'emails[type eq "work"]', value: { value: 'w@example.com', type: 'work' } }])[
          'emails'
        ] as object[]
      )[0],
    ).toEqual({ value: 'w@example.com', type: 'work' });
    expect(
      (patch([{ op: 'add', path: 'emails[type eq "work"]', value: { display: 'W' } }])['emails'] as object[])[0],
    ).toEqual({ value: 'alice@example.com', type: 'work', primary: true, display: 'W' });
  });

  it.each<[string, unknown, string]>([
    ['another operation', [{ op: 'move', path: 'title', value: 'x' }], 'invalidSyntax'],
    ['no operations', [], 'invalidSyntax'],
    ['operations that are not a list', 'x', 'invalidSyntax'],
    ['remove without a path', [{ op: 'remove' }], 'noTarget'],
    ['a value that is not an object, without a path', [{ op: 'add', value: 'x' }], 'invalidSyntax'],
    ['an unknown attribute', [{ op: 'add', path: 'shoeSize', value: '1' }], 'invalidPath'],
    ['an unknown extension', [{ op: 'add', path: 'urn:x:y:User:z', value: '1' }], 'invalidPath'],
    ['the id', [{ op: 'replace', path: 'id', value: 'x' }], 'mutability'],
    ['meta', [{ op: 'replace', path: 'meta.created', value: 'x' }], 'mutability'],
    ['groups', [{ op: 'add', path: 'groups', value: [{ value: 'g' }] }], 'mutability'],
    ['groups without a path', [{ op: 'add', value: { groups: [{ value: 'g' }] } }], 'mutability'],
    ['no user name', [{ op: 'remove', path: 'userName' }], 'invalidValue'],
    ['an empty user name', [{ op: 'replace', path: 'userName', value: '' }], 'invalidValue'],
    ['a number for a name', [{ op: 'replace', path: 'displayName', value: 7 }], 'invalidValue'],
    ['a word for a boolean', [{ op: 'replace', path: 'active', value: 'maybe' }], 'invalidValue'],
    ['control characters', [{ op: 'replace', path: 'displayName', value: 'a\nb' }], 'invalidValue'],
    [
      'a filter that matches nothing and is not eq',
      [{ op: 'replace', path: 'emails[type co "x"].value', value: 'x' }],
      'noTarget',
    ],
    [
      'a filter on a single-valued attribute',
      [{ op: 'replace', path: 'name[familyName eq "x"]', value: {} }],
      'invalidPath',
    ],
    ['a filter that is not closed', [{ op: 'replace', path: 'emails[type eq "work"', value: 'x' }], 'invalidPath'],
    ['a bad filter', [{ op: 'replace', path: 'emails[type eq]', value: 'x' }], 'invalidFilter'],
    ['a prototype', [{ op: 'add', path: '__proto__', value: { x: 1 } }], 'invalidPath'],
    ['a prototype as a sub-attribute', [{ op: 'add', path: 'name.__proto__', value: { x: 1 } }], 'invalidPath'],
    [
      'a hundred addresses',
      [{ op: 'replace', path: 'emails', value: Array.from({ length: 100 }, (_, n) => ({ value: `${n}@x` })) }],
      'invalidValue',
    ],
  ])('is rejected with %s', (_what, operations, type) => {
    expect(fault(() => patch(operations))).toBe(type);
  });

  it('never reaches an inherited property', () => {
    const hostile = JSON.parse(
      '[{"op":"add","value":{"__proto__":{"polluted":true},"name":{"__proto__":{"polluted":true},"givenName":"A"},"constructor":{"prototype":{"polluted":true}}}}]',
    ) as unknown;
    expect(fault(() => patch(hostile))).toBe('invalidPath');
    expect(
      patch(
        JSON.parse(
          '[{"op":"add","value":{"__proto__":{"polluted":true},"name":{"__proto__":{"polluted":true},"givenName":"A"}}}]',
        ) as unknown,
      )['name'],
    ).toEqual({ familyName: 'Liddell', givenName: 'A' });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('the path of an operation', () => {
  it('cannot grow a list from operation to operation, because comparing long lists is expensive', () => {
    const add = (names: string[]) => ({ op: 'add', path: 'emails', value: names.map((type) => ({ type })) });
    const many = Array.from({ length: 1000 }, (_one, op) =>
      add(Array.from({ length: 50 }, (_other, n) => `${op} ${n}`)),
    );
    expect(fault(() => patch(many))).toBe('invalidValue');
    expect(
      fault(() =>
        patch(
          Array.from({ length: 1000 }, (_one, n) => ({
            op: 'add',
            path: `emails[type eq "${n}"].value`,
            value: 'a@example.com',
          })),
        ),
      ),
    ).toBe('invalidValue');
  });

  it('does not reach the extension through empty names, however deep', () => {
    const deep = JSON.parse(`${'{"":'.repeat(20_000)}{"department":"x"}${'}'.repeat(20_000)}`) as object;
    for (const value of [{ '': { department: 'x' } }, deep])
      expect(fault(() => patch([{ op: 'add', path: enterprise, value }]))).toBe('invalidPath');
    expect(fault(() => patch([{ op: 'remove', path: `${enterprise}:` }]))).toBe('invalidPath');
    expect(changed([{ op: 'add', path: enterprise.toUpperCase(), value: { department: 'x' } }])).toEqual({
      [enterprise]: { department: 'x' },
    });
  });

  it('is parsed correctly with brackets and quotes in strings', () => {
    expect(parsePath(userSchema, 'emails[value eq "a]\\"]b"].display')).toMatchObject({
      filter: { value: 'a]"]b' },
      subAttribute: { name: 'display' },
    });
    expect(parsePath(userSchema, `${userSchema.urn}:EMAILS[TYPE EQ "work"].VALUE`)).toMatchObject({
      attribute: { name: 'emails' },
      subAttribute: { name: 'value' },
    });
    expect(parsePath(userSchema, enterprise.toUpperCase())).toBe('extension');
  });

  it('of any characters is applied or rejected, and the result is a valid document', () => {
    const piece = fc.constantFrom(
      'emails',
      'name',
      'userName',
      'active',
      '[',
      ']',
      '.',
      'type eq "work"',
      'value',
      'familyName',
      '"',
      '\\',
      ' ',
      '__proto__',
      enterprise,
      ':department',
      ':',
      'members',
    );
    const text = fc.oneof(
      fc.array(piece, { minLength: 1, maxLength: 8 }).map((all) => all.join('')),
      fc.string({ unit: character, minLength: 1, maxLength: 40 }),
    );
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom('x', 'True', true, null, { value: 'v' }, [{ value: 'v', type: 't' }]),
    );
    fc.assert(
      fc.property(fc.constantFrom('add', 'Remove', 'REPLACE'), text, value, (op, path, given) => {
        try {
          const after = patch([{ op, path, value: given }]);
          expect(Object.getPrototypeOf(after)).toBe(Object.prototype);
          expect(
            Object.keys(after).every((name) =>
              ['externalId', enterprise, ...userSchema.attributes.map((one) => one.name)].includes(name),
            ),
          ).toBe(true);
        } catch (error) {
          if (!(error instanceof ScimError)) throw error;
        }
      }),
      { numRuns: 1500 },
    );
  });
});

describe('operations on the members of a group', () => {
  const plan = async (operations: unknown[], members: string[] = ['a', 'b', 'c']) => {
    const made: MemberPlan = { replaceAll: false, add: new Set(), remove: new Set() };
    for (const operation of readOperations({ schemas: [patchUrn], Operations: operations }))
      await planMembers(made, operation, {
        current: async () => new Set(members),
        work: createPatchWork(),
      });
    return { replaceAll: made.replaceAll, add: [...made.add], remove: [...made.remove] };
  };

  it('from Okta and Entra add, remove and replace', async () => {
    expect(await plan([{ op: 'add', path: 'members', value: [{ value: 'x', display: 'X' }, { value: 'y' }] }])).toEqual(
      { replaceAll: false, add: ['x', 'y'], remove: [] },
    );
    expect(await plan([{ op: 'Add', path: 'members', value: [{ $ref: null, value: 'x', type: 'User' }] }])).toEqual({
      replaceAll: false,
      add: ['x'],
      remove: [],
    });
    expect(await plan([{ op: 'remove', path: 'members[value eq "a"]' }])).toEqual({
      replaceAll: false,
      add: [],
      remove: ['a'],
    });
    expect(await plan([{ op: 'Remove', path: 'members', value: [{ value: 'a' }, { value: 'b' }] }])).toEqual({
      replaceAll: false,
      add: [],
      remove: ['a', 'b'],
    });
    expect(await plan([{ op: 'replace', path: 'members', value: [{ value: 'x' }] }])).toEqual({
      replaceAll: true,
      add: ['x'],
      remove: [],
    });
    expect(await plan([{ op: 'replace', value: { members: [{ value: 'x' }] } }])).toEqual({
      replaceAll: true,
      add: ['x'],
      remove: [],
    });
    expect(await plan([{ op: 'remove', path: 'members' }])).toEqual({ replaceAll: true, add: [], remove: [] });
    expect(await plan([{ op: 'remove', path: 'members[value eq "a" or value eq "c" or value eq "z"]' }])).toEqual({
      replaceAll: false,
      add: [],
      remove: ['a', 'c'],
    });
  });

  it('are applied in order', async () => {
    expect(
      await plan([
        { op: 'add', path: 'members', value: 'x' },
        { op: 'remove', path: 'members[value eq "x"]' },
      ]),
    ).toEqual({ replaceAll: false, add: [], remove: ['x'] });
    expect(
      await plan([
        { op: 'remove', path: 'members[value eq "x"]' },
        { op: 'add', path: 'members', value: 'x' },
      ]),
    ).toEqual({ replaceAll: false, add: ['x'], remove: [] });
    expect(
      await plan([
        { op: 'add', path: 'members', value: 'x' },
        { op: 'replace', path: 'members', value: [] },
      ]),
    ).toEqual({ replaceAll: true, add: [], remove: [] });
  });

  it.each<[string, unknown]>([
    ['a group', { op: 'add', path: 'members', value: [{ value: 'g', type: 'Group' }] }],
    ['a member without a value', { op: 'add', path: 'members', value: [{ display: 'x' }] }],
    ['a number', { op: 'add', path: 'members', value: [7] }],
    ['a sub-attribute of a member', { op: 'replace', path: 'members[value eq "a"].display', value: 'x' }],
    ['an unknown sub-attribute', { op: 'remove', path: 'members[name eq "a"]' }],
  ])('are rejected with %s', async (_what, operation) => {
    await expect(plan([operation])).rejects.toBeInstanceOf(ScimError);
  });
});
