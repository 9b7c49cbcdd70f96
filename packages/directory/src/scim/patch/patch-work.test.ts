import { describe, expect, it } from '@jest/globals';
import { ScimError } from '../answer/scim-error.ts';
import { userSchema } from '../schema/schemas.ts';
import { applyOperations } from './apply-operations.ts';
import { planMembers, type MemberPlan } from './plan-members.ts';
import { createPatchWork, readOperations } from './read-operations.ts';

const many = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_none, n) => make(n));
const read = (Operations: object[]) =>
  readOperations({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });
const anyOf = (count: number) => many(count, (n) => `value co "x${n}"`).join(' or ');
const limit = 500_000;

/** Counts the steps of a PATCH. */
function countedWork() {
  const work = createPatchWork();
  const counted = { spent: 0, turns: 0 };
  return {
    counted,
    work: {
      spend(comparisons: number) {
        work.spend(comparisons);
        counted.spent += comparisons;
      },
      turn() {
        counted.turns += 1;
        return work.turn();
      },
    },
  };
}

async function statusOf(done: Promise<unknown>): Promise<number> {
  try {
    await done;
    return 200;
  } catch (error) {
    expect(error).toBeInstanceOf(ScimError);
    return (error as ScimError).status;
  }
}

/** Plans operations on a group of so many members, and returns the status, the plan and the steps. */
async function plan(operations: object[], memberCount: number) {
  const members = new Set(many(memberCount, (n) => `id-${n}`));
  const made: MemberPlan = { replaceAll: false, add: new Set(), remove: new Set() };
  const { work, counted } = countedWork();
  let reads = 0;
  const current = async () => {
    reads += 1;
    return members;
  };
  const planAll = async () => {
    for (const operation of read(operations)) await planMembers(made, operation, { current, work });
  };
  return { status: await statusOf(planAll()), made, reads, ...counted };
}

describe('a PATCH of a group', () => {
  it('is refused before it compares too many members, however many operations it has', async () => {
    for (const operations of [10, 100, 1000]) {
      const removals = many(operations, () => ({ op: 'remove', path: `members[${anyOf(64)}]` }));
      const { status, spent, turns, made } = await plan(removals, 10_000);
      expect([status, made.remove.size]).toEqual([413, 0]);
      expect(spent).toBeLessThanOrEqual(limit);
      expect(turns).toBeLessThanOrEqual(limit / 64 + operations);
    }
  });

  it('compares each member once for each comparison of a filter, and lets others have their turn', async () => {
    for (const [members, comparisons] of [
      [1000, 1],
      [1000, 10],
      [10_000, 10],
    ] as const) {
      const removal = { op: 'remove', path: `members[${anyOf(comparisons)}]` };
      const { status, spent, turns } = await plan([removal], members);
      expect([status, spent, turns]).toEqual([200, members * comparisons, members + 1]);
    }
  });

  it('looks up members by their ids, whatever the size of the group', async () => {
    for (const memberCount of [10, 10_000]) {
      const { status, reads, spent, made } = await plan(
        many(1000, (n) => ({ op: n % 2 ? 'remove' : 'replace', path: `members[value eq "id-${n}"]`, value: [] })),
        memberCount,
      );
      expect([status, reads, spent, made.remove.size]).toEqual([200, 0, 0, 1000]);
    }
  });

  it('looks up the ids of a longer filter too', async () => {
    const ids = many(64, (n) => `value eq "id-${n * 2}"`).join(' or ');
    const { status, spent, made } = await plan([{ op: 'remove', path: `members[${ids}]` }], 100);
    expect([status, spent]).toEqual([200, 64 * 64]);
    expect([...made.remove]).toEqual(many(50, (n) => `id-${n * 2}`));
    const both = await plan([{ op: 'remove', path: 'members[type eq "user" and value eq "id-7"]' }], 10_000);
    expect([both.spent, [...both.made.remove]]).toEqual([2, ['id-7']]);
    const neither = await plan([{ op: 'remove', path: 'members[type eq "other" and value eq "id-7"]' }], 10_000);
    expect([...neither.made.remove]).toEqual([]);
    const either = await plan([{ op: 'remove', path: 'members[value eq "none" or value ew "-7"]' }], 10);
    expect([...either.made.remove]).toEqual(['id-7']);
  });
});

describe('a PATCH of a user', () => {
  const emails = many(50, (n) => ({ value: `A${n}@example.com`, type: 'work' }));
  const apply = async (operations: object[], more: object = { emails }) => {
    const { work, counted } = countedWork();
    const done = applyOperations(userSchema, { userName: 'alice', ...more }, read(operations), work);
    return { status: await statusOf(done), ...counted };
  };

  const nameless = many(50, (n) => ({ display: `d${n}` }));
  const long = emails.map((one) => ({ ...one, display: 'aB'.repeat(512) }));

  it.each<[string, object[], object]>([
    ['values with a filter', emails, { op: 'remove', path: `emails[${anyOf(64)}]` }],
    ['long values', long, { op: 'remove', path: `emails[${anyOf(4)}]` }],
    ['values to add', nameless, { op: 'add', path: 'emails', value: nameless }],
    ['values to remove', emails, { op: 'remove', path: 'emails', value: nameless }],
  ])('is refused before it compares too many %s', async (_what, before, operation) => {
    const { status, spent, turns } = await apply(
      many(1000, () => operation),
      { emails: before },
    );
    expect(status).toBe(413);
    expect(spent).toBeLessThanOrEqual(limit);
    expect(turns).toBeLessThan(1000);
  });

  it('may have a thousand operations that each change one value', async () => {
    const additions = many(1000, (n) => ({ op: 'add', path: 'emails', value: { value: `${n % 50}@example.com` } }));
    expect((await apply(additions, {})).status).toBe(200);
    const changes = many(1000, (n) => ({ op: 'replace', path: 'emails[type eq "work"].display', value: `d${n}` }));
    expect((await apply(changes)).status).toBe(200);
  });
});
