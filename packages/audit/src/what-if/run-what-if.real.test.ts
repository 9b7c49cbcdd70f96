import { describe, expect, it } from '@jest/globals';
import { whatIfSchema, type AuditPage, type AuditQuery, type FoundRecord } from '@sallyport/contracts';
import { recordedEvent, type RecordedParts } from '@sallyport/policy/testing';
import { runWhatIf } from './run-what-if.ts';

const period = { since: '2026-11-25T00:00:00Z', until: '2026-11-26T00:00:00Z' };
const policy = 'allow: {or: [{groups: developers}]}\ndeny: {or: [{k8s/verb: delete}]}\n';
const gone = new AbortController().signal;

/** Returns pages of recorded requests, and the queries for them. */
function pagesOf(...pages: RecordedParts[][]) {
  const queries: AuditQuery[] = [];
  const find = async (query: AuditQuery): Promise<AuditPage> => {
    const index = queries.push(query) - 1;
    const events = pages[index]!.map((parts) => {
      const data = recordedEvent(parts);
      return { id: 'e', source: 's', key: 'k', type: 'k8s.request', time: parts.time ?? '', data };
    });
    return { events: events as unknown as FoundRecord[], ...(index < pages.length - 1 ? { next: `p${index}` } : {}) };
  };
  return { find, queries };
}

it('says who would have lost access and who would have gained it, by which rule', async () => {
  const { find, queries } = pagesOf(
    [{ verb: 'delete', name: 'web' }, { user: 'bob@example.com', groups: ['sre'] }, { verb: 'list' }],
    [{ user: 'eve@example.com', effect: 'deny', rule: 'default-deny' }, { cluster: 'other' }, { anonymous: true }],
  );
  const result = await runWhatIf({ policy, cluster: 'dev', ...period }, { find, gone });
  expect(queries).toMatchObject([
    { cluster: 'dev', view: 'requests', type: 'k8s.request', ...period },
    { after: 'p0' },
  ]);
  expect(whatIfSchema.parse(result)).toMatchObject({
    events: 6,
    evaluated: 4,
    unchanged: { allowed: 1, refused: 0 },
    lost: {
      requests: 2,
      people: 2,
      byRule: expect.arrayContaining([
        expect.objectContaining({
          rule: 'cluster/dev[0].deny.or',
          before: 'cluster/dev[0].allow.or',
          people: [{ name: 'alice@example.com', count: 1 }],
          examples: [expect.objectContaining({ verb: 'delete', name: 'web' })],
        }),
        expect.objectContaining({ rule: 'default-deny', people: [{ name: 'bob@example.com', count: 1 }] }),
      ]),
    },
    gained: { requests: 1, byRule: [{ people: [{ name: 'eve@example.com', count: 1 }] }] },
    skipped: { 'other-cluster': 1, 'not-logged-in': 1 },
  });
  expect(result).not.toHaveProperty('countedFrom');
  expect(result!.warnings).toEqual([]);
});

it('says what is doubtful about a policy, and where', async () => {
  const { find } = pagesOf([]);
  const doubtful = 'allow:\n  or:\n    - groups: developers\n    - k8s/resource: pod\n';
  const result = await runWhatIf({ policy: doubtful, cluster: 'dev', ...period }, { find, gone });
  expect(whatIfSchema.parse(result).warnings).toEqual([
    expect.objectContaining({ path: 'allow.or.1.k8s/resource', line: 4, suggestion: 'pods' }),
  ]);
});

it('stops when its time is up, and says from when on it has evaluated requests', async () => {
  const { find, queries } = pagesOf([{ time: '2026-11-25T10:00:00Z' }], []);
  const question = { policy, cluster: 'dev', ...period };
  expect(await runWhatIf(question, { find, gone, budgetMs: 0 })).toMatchObject({
    events: 1,
    countedFrom: '2026-11-25T10:00:00Z',
  });
  expect(queries).toHaveLength(1);
});

it('lists the rules and people with most requests, and counts the others', async () => {
  const people = Array.from({ length: 130 }, (_, index) => ({ user: `user-${index}`, groups: ['none'] }));
  const { find } = pagesOf(people);
  const { lost } = (await runWhatIf({ policy, cluster: 'dev', ...period }, { find, gone }))!;
  expect(lost).toMatchObject({ requests: 130, people: 130, byRule: [{ requests: 130, otherPeople: 30 }] });
  expect(lost.byRule[0]!.people).toHaveLength(100);
});

it.each([
  ['allow: {or: [{grops: developers}]}', /grops.*groups/s],
  ['allow: [', /policy:1/],
  ['&a [*a, *a]', /fault/],
])('refuses the policy %s, and says what is wrong with it', async (faulty, words) => {
  const { find, queries } = pagesOf([]);
  await expect(runWhatIf({ policy: faulty, cluster: 'dev', ...period }, { find, gone })).rejects.toMatchObject({
    code: 'bad-request',
    detail: expect.stringMatching(words),
  });
  expect(queries).toEqual([]);
});

describe('test cases of a policy', () => {
  const ask = async (tests: string, of = policy) =>
    runWhatIf({ policy: of, tests, cluster: 'dev', ...period }, { find: pagesOf([]).find, gone, mostMs: 240_000 });

  it('are run as those of a file that names the policy', async () => {
    const { tests } = (await ask(`policy: ./elsewhere.yaml
cases:
  - {name: read, user: alice@example.com, groups: [developers], verb: get, resource: pods, expect: allow}
  - name: delete
    input: {user: alice@example.com, groups: [developers], verb: delete, resource: pods}
    expect: {effect: allow, rule: "policy[0].allow.or"}
`))!;
    expect(whatIfSchema.shape.tests.parse(tests)).toEqual([
      expect.objectContaining({ name: 'read', line: 3, passed: true, differences: [], because: [] }),
      {
        name: 'delete',
        line: 4,
        passed: false,
        got: { effect: 'deny', rule: 'policy[0].deny.or' },
        differences: [
          { what: 'effect', expected: 'allow', got: 'deny' },
          { what: 'rule', expected: 'policy[0].allow.or', got: 'policy[0].deny.or' },
        ],
        because: [
          'policy[0].allow.or holds: groups holds (groups-ok)',
          'policy[0].deny.or holds: k8s/verb holds (k8s-verb-ok)',
        ],
      },
    ]);
  });

  it('name rules by the scope that they choose, and expect a login where the policy does', async () => {
    const { tests } = (await ask(`scope: cluster/dev
cases:
  - {user: a, groups: [developers], verb: get, resource: pods, expect: {effect: allow, rule: "cluster/dev[0].allow.or"}}
  - {verb: get, resource: pods, expect: authenticate}
`))!;
    expect(tests!.map(({ passed }) => passed)).toEqual([true, true]);
  });

  const many = (count: number, of: string) => `cases:\n${`  - ${of}\n`.repeat(count)}`;
  it.each([
    ['have a misspelt member', 'cases: [{usr: a, expect: deny}]', /^The test cases have faults: tests:1:10: .*user/],
    ['are for a configuration', 'config: ./sallyport.yaml\ncases: [{expect: deny}]', /tests:1:1: config: .*remove it/],
    ['are none', 'cases: []', /add at least one/],
    ['are only text', '<script>alert(1)</script>', /must be a mapping with cases$/],
    ['are too many', many(201, '{expect: deny}'), /contains 201 cases, and at most 200 are allowed/],
    ['are nested too deeply', `cases: ${'['.repeat(5000)}`, /nested more than 64 levels deep/],
    ['contain themselves', 'cases: &a [*a]', /tests:1:\d+: /],
    ['expand', `a: &a [${'x,'.repeat(900)}]\ncases: [${'*a,'.repeat(900)}]`, /expand to more than/],
    [
      'have more faults than anyone reads',
      many(200, '{usr: a, expect: 7}'),
      /^The test cases have faults: (?:tests:\S+ \S+ [^:]*){20}$/,
    ],
    [
      'choose a scope in which the policy has faults',
      'scope: route/x\ncases: [{expect: deny}]',
      /^The policy has faults/,
    ],
  ])('are refused if they %s', async (_what, tests, words) => {
    await expect(ask(tests)).rejects.toMatchObject({ code: 'bad-request', detail: expect.stringMatching(words) });
  });

  it('are answered with short texts, whatever they and the policy are named', async () => {
    const long = `\u202e<b>${'x'.repeat(60_000)}`;
    const { tests } = (await ask(
      `cases:\n  - &c {name: &n ${JSON.stringify(long)}, expect: {effect: allow, rule: *n}}\n${'  - *c\n'.repeat(199)}`,
      JSON.stringify(Array.from({ length: 40 }, () => ({ allow: { or: [{ [`claim/${'y'.repeat(2000)}`]: 'z' }] } }))),
    ))!;
    expect(tests).toHaveLength(200);
    expect(tests![199]).toMatchObject({ passed: false, name: expect.stringMatching(/^\u202e<b>x+…$/) });
    expect(tests![0]!.because).toHaveLength(20);
    expect(JSON.stringify(tests).length).toBeLessThan(2_000_000);
  });

  it('may be of thousands of rules with long names', async () => {
    const wide = JSON.stringify(Array.from({ length: 2000 }, () => ({ allow: { or: [{ groups: 'g' }] } })));
    const { tests } = (await ask(`scope: ${'s'.repeat(20_000)}\n${many(200, '{expect: deny}')}`, wide))!;
    expect(tests).toHaveLength(200);
    expect(JSON.stringify(tests).length).toBeLessThan(2_000_000);
  });
});

it('ends the thread when it takes too long, and when the caller is gone', async () => {
  const question = { policy, cluster: 'dev', ...period };
  const never = () => new Promise<AuditPage>((resolve) => setTimeout(resolve, 500, { events: [] }));
  await expect(runWhatIf(question, { find: never, gone, mostMs: 1 })).rejects.toMatchObject({ code: 'too-large' });
  const leaving = new AbortController();
  const find = async (): Promise<AuditPage> => {
    leaving.abort();
    return { events: [] };
  };
  expect(await runWhatIf(question, { find, gone: leaving.signal })).toBeUndefined();
});
