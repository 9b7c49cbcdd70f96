import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReplayResult } from '@sallyport/policy/replay';
import { recordedEvent, type RecordedParts } from '@sallyport/policy/testing';
import { allowGroup, ndjson, replayPolicy } from '../../testing/replay-policy.ts';
import { createRig, type Rig } from '../../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());
const put = (name: string, text: string) => writeFileSync(path.join(rig.directory, name), text);

describe('a replay', () => {
  it('reports who would gain and lose access, by which rule, with examples', async () => {
    const { code, err, result } = await replayPolicy(
      rig,
      `
- allow: {and: [{groups: sre}, {k8s/verb: {in: [get, list]}}]}
- deny: {or: [{k8s/namespace: vault}]}
`,
      [
        { name: 'web' },
        { name: 'web' },
        { user: 'dave@example.com', verb: 'list' },
        { user: 'bob@example.com', groups: ['sre'], effect: 'deny', rule: 'default-deny', verb: 'list' },
        { user: 'bob@example.com', groups: ['sre'], namespace: 'vault' },
        { user: 'bob@example.com', groups: ['sre'] },
        { user: 'mallory@example.com', groups: [], effect: 'deny', rule: 'default-deny' },
      ],
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(result).toMatchObject({
      events: 7,
      evaluated: 7,
      unchanged: { allowed: 1, refused: 1 },
      inconclusive: { requests: 0 },
    });
    expect(result.lost).toMatchObject({
      requests: 4,
      people: 3,
      byRule: [
        {
          rule: 'default-deny',
          before: 'cluster/dev[0].allow.or',
          requests: 3,
          people: [
            { name: 'alice@example.com', count: 2 },
            { name: 'dave@example.com', count: 1 },
          ],
          examples: [
            { user: 'alice@example.com', verb: 'get', cluster: 'dev', resource: 'pods', namespace: 'dev', name: 'web' },
            { user: 'dave@example.com', verb: 'list' },
          ],
        },
        { rule: 'cluster/dev[1].deny.or', requests: 1, people: [{ name: 'bob@example.com', count: 1 }] },
      ],
    });
    expect(result.gained).toMatchObject({
      requests: 1,
      people: 1,
      byRule: [
        { rule: 'cluster/dev[0].allow.and', before: 'default-deny', people: [{ name: 'bob@example.com', count: 1 }] },
      ],
    });
  });

  it('prints the same as text', async () => {
    put('policy.yaml', allowGroup('sre'));
    put(
      'audit.ndjson',
      ndjson([
        recordedEvent({ name: 'web' }),
        recordedEvent({ user: 'bob@example.com', groups: ['sre'], effect: 'deny', rule: 'default-deny' }),
      ]),
    );
    const { code, out, err } = await rig.run(
      'policy',
      'replay',
      'audit.ndjson',
      '--policy',
      'policy.yaml',
      '--cluster',
      'dev',
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out)
      .toBe(`2 events read; 2 requests decided by policy, from 2026-11-25T10:00:00.000000Z to 2026-11-25T10:00:00.000000Z.

WOULD LOSE ACCESS: 1 request of 1 person
  default-deny (before: cluster/dev[0].allow.or): 1 request
    alice@example.com (1)
    USER               VERB  CLUSTER  RESOURCE  NAMESPACE  NAME  TIME
    alice@example.com  get   dev      pods      dev        web   2026-11-25T10:00:00.000000Z

WOULD GAIN ACCESS: 1 request of 1 person
  cluster/dev[0].allow.or (before: default-deny): 1 request
    bob@example.com (1)
    USER             VERB  CLUSTER  RESOURCE  NAMESPACE  NAME  TIME
    bob@example.com  get   dev      pods      dev              2026-11-25T10:00:00.000000Z

UNCHANGED: 0 allowed, 0 refused
`);
  });

  it('counts a request once, by its last event, and reports what it skipped', async () => {
    const whole = recordedEvent({ auditID: 'one' });
    const { result } = await replayPolicy(rig, allowGroup('developers'), [
      whole,
      whole,
      { auditID: 'one', stage: 'RequestReceived' },
      { auditID: 'one', stage: 'ResponseStarted' },
      { type: 'session.login' },
      { anonymous: true },
      { cluster: 'prod' },
      { effect: 'deny', rule: 'cluster/dev.impersonate' },
      { ours: { decision: undefined } },
      { ours: { decision: { effect: 'perhaps' } } },
      { kind: 'Event' },
    ]);
    expect(result).toMatchObject({ events: 11, evaluated: 1, unchanged: { allowed: 1, refused: 0 } });
    expect(result.skipped).toEqual({
      'other-type': 1,
      'other-stage': 2,
      'other-cluster': 1,
      'other-time': 0,
      repeated: 1,
      'not-decided': 1,
      'not-logged-in': 1,
      impersonation: 1,
      unreadable: 2,
    });
  });

  it('evaluates a request as another by the rules that name it', async () => {
    const acting = {
      effect: 'deny' as const,
      rule: 'default-deny',
      ours: { request: { method: 'GET', impersonate: ['user:bob'] } },
    };
    const unchanged = async (policy: string) => (await replayPolicy(rig, policy, [acting, {}])).result.unchanged;
    expect(await unchanged(allowGroup('developers'))).toEqual({ allowed: 1, refused: 1 });
    const named =
      '[{allow: {or: [{groups: developers}]}}, {allow: {and: [{groups: developers}, {k8s/impersonate: "user:bob"}]}}]';
    expect(await unchanged(named)).toEqual({ allowed: 1, refused: 0 });
  });

  it('reads the formats of files, the API and Kafka, and counts unreadable lines', async () => {
    put('policy.yaml', allowGroup('developers'));
    const { cloudEvent: _envelope, ...bare } = recordedEvent();
    rig.environment.stdin = Readable.from(
      [
        `not json\n[1]\n7\n${ndjson([recordedEvent(), { id: 'x', type: 'k8s.request', time: '', data: recordedEvent() }, bare])}`,
      ].map((text) => Buffer.from(text)),
    );
    const { out } = await rig.run('policy', 'replay', '-', '--policy', 'policy.yaml', '--cluster', 'dev', '-o', 'json');
    expect(JSON.parse(out)).toMatchObject({ events: 6, evaluated: 3, skipped: { unreadable: 3 } });
  });

  it('uses the time of the request, and only requests in the given time', async () => {
    const policy = 'allow: {or: [{date: {before: "2026-11-25T10:30:00Z"}}]}';
    const { result } = await replayPolicy(
      rig,
      policy,
      [{ time: '2026-11-25T10:00:00.5Z' }, { time: '2026-11-25T11:00:00Z' }, { time: '2026-11-26T11:00:00Z' }],
      '--since',
      '2026-11-25T10:00:00Z',
      '--until',
      '2026-11-26',
    );
    expect(result).toMatchObject({
      evaluated: 2,
      unchanged: { allowed: 1 },
      lost: { requests: 1 },
      skipped: { 'other-time': 1 },
    });
  });

  it('escapes control characters in what clients wrote', async () => {
    put('policy.yaml', allowGroup('sre'));
    put('audit.ndjson', ndjson([recordedEvent({ name: 'a\u001b[2Jb', user: 'x\ny' })]));
    const { out } = await rig.run('policy', 'replay', 'audit.ndjson', '--policy', 'policy.yaml', '--cluster', 'dev');
    expect(out).toContain('a\\x1b[2Jb');
    expect(out).toContain('x\\x0ay');
  });
});

describe('a proposal', () => {
  const config = `gateway: {url: "\${env:NOT_SET}"}
policies: {readers: [{allow: {and: [{groups: developers}, {k8s/verb: {in: [get, list]}}]}}]}
policy: [{deny: {or: [{k8s/namespace: kube-system}]}}]
clusters:
  - {name: dev, server: "https://10.0.0.1", tokenFile: t, policies: [readers], namespaces: [{match: team-*, policy: {allow: {or: [{groups: developers}]}}}]}
`;
  const withConfig = async (events: readonly RecordedParts[], ...args: string[]) => {
    put('sallyport.yaml', config);
    put('audit.ndjson', ndjson(events.map(recordedEvent)));
    const { code, out, err } = await rig.run('policy', 'replay', 'audit.ndjson', '-o', 'json', ...args);
    return { code, err, result: (out === '' ? undefined : JSON.parse(out)) as ReplayResult };
  };

  it("may be a whole configuration, with the policies of each request's cluster and namespace", async () => {
    const { code, result } = await withConfig([
      {},
      { verb: 'delete' },
      { verb: 'delete', namespace: 'team-a' },
      { namespace: 'kube-system' },
      { cluster: 'gone' },
    ]);
    expect(code).toBe(0);
    expect(result.unchanged).toEqual({ allowed: 2, refused: 0 });
    expect(result.lost.byRule.map(({ rule }) => rule).toSorted()).toEqual([
      'default-deny',
      'global[0].deny.or',
      'no such cluster',
    ]);
  });

  it("does not allow a user name that the cluster's settings refuse", async () => {
    const { result } = await withConfig([{ user: 'system:admin', effect: 'deny' }]);
    expect(result).toMatchObject({ unchanged: { refused: 1 }, gained: { requests: 0 } });
  });

  it('is rejected if it has faults, with their places', async () => {
    put('audit.ndjson', ndjson([recordedEvent()]));
    put('sallyport.yaml', config.replace('[readers]', '[nobody]'));
    expect(await rig.run('policy', 'replay', 'audit.ndjson')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/sallyport\.yaml:5:\d+: clusters\.0\.policies\.0: there is no policy "nobody"/),
    });
  });
});

describe('the end of a replay', () => {
  it.each([
    ['--fail-on-loss', allowGroup('sre'), {}, '1 request that was allowed would be refused'],
    ['--fail-on-gain', allowGroup('developers'), { effect: 'deny' }, '1 request that was refused would be allowed'],
    ['--fail-on-inconclusive', 'allow: {or: [{claim/x: y}]}', {}, '1 request is inconclusive'],
    ['--fail-on-unjudged', 'allow: {or: [{claim/x: y}]}', {}, '1 request is inconclusive'],
  ])('is exit code 9 if %s says so', async (option, policy, parts, words) => {
    expect(await replayPolicy(rig, policy, [parts], option)).toMatchObject({
      code: 9,
      err: expect.stringContaining(words),
      result: { events: 1 },
    });
    expect((await replayPolicy(rig, policy, [parts])).code).toBe(0);
    expect((await replayPolicy(rig, allowGroup('developers'), [{}], option)).code).toBe(0);
  });

  it('is a failure if no line of the source is an event', async () => {
    writeFileSync(path.join(rig.directory, 'notes.txt'), 'not an event\nneither\n');
    writeFileSync(path.join(rig.directory, 'policy.yaml'), '- allow: {or: [{groups: a}]}\n');
    expect(await rig.run('policy', 'replay', 'notes.txt', '--policy', 'policy.yaml', '--cluster', 'dev')).toMatchObject(
      {
        code: 1,
        out: '',
        err: expect.stringContaining('none of the 2 lines is an event'),
      },
    );
  });

  it('is a failure if there were no events', async () => {
    expect(await replayPolicy(rig, allowGroup('a'), [])).toMatchObject({
      code: 1,
      err: expect.stringContaining('there are no events'),
    });
  });

  it.each([
    [[], 'no source of recorded events is given'],
    [['a', '--from-store'], 'more than one source'],
    [['a', '--policy', 'p'], '--policy and --cluster need each other'],
    [['a', '--policy', 'p', '--cluster', 'c', '--config', 'd'], 'cannot be combined'],
    [['--kafka', 'nowhere', '--policy', 'policy.yaml', '--cluster', 'c'], '"nowhere" is not a broker'],
    [['a', '--examples', 'many'], 'is not a number of examples'],
    [['a', '--since', 'long ago', '--policy', 'policy.yaml', '--cluster', 'c'], 'is not a time'],
  ])('is a usage error for %j', async (args, words) => {
    put('policy.yaml', allowGroup('a'));
    put('a', '');
    expect(await rig.run('policy', 'replay', ...args)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining(words),
    });
  });

  it('reports which file is missing', async () => {
    put('policy.yaml', allowGroup('a'));
    expect(await rig.run('policy', 'replay', 'none.ndjson', '--policy', 'policy.yaml', '--cluster', 'c')).toMatchObject(
      { code: 7, err: expect.stringContaining('none.ndjson does not exist') },
    );
  });

  it('reports that Kafka cannot be reached', async () => {
    put('policy.yaml', allowGroup('a'));
    expect(
      await rig.run('policy', 'replay', '--kafka', '127.0.0.1:1', '--policy', 'policy.yaml', '--cluster', 'c'),
    ).toMatchObject({
      code: 4,
      out: '',
      err: expect.stringContaining('the audit topic sallyport.audit.v1 cannot be read from 127.0.0.1:1'),
    });
  });
});
