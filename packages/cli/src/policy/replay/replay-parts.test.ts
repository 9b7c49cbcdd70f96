import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy, evaluatePolicy, fail, pass, type CompiledPolicy, type PolicyInput } from '@sallyport/policy';
import { builtInKind } from '@sallyport/contracts';
import { recordedEvent } from '../../testing/recorded-event.ts';
import { createCounts } from './counts.ts';
import { expressionFields } from './expression-fields.ts';
import { bitOf, fieldsIn, type Field } from './fields.ts';
import { createRecordedJudge } from './judge-recorded.ts';
import { openEvent } from './open-event.ts';
import { createProgress } from './progress.ts';
import { readRecordedRequest, type RecordedRequest } from './recorded-request.ts';
import { createSeenIds } from './seen-ids.ts';

const requestOf = (parts: Parameters<typeof recordedEvent>[0]): RecordedRequest => {
  const event = openEvent(recordedEvent(parts));
  if (event.kind !== 'request') throw new Error('no request');
  return readRecordedRequest(event.auditID, event.data, { builtInKind }) as RecordedRequest;
};
function compiled(document: unknown): CompiledPolicy[] {
  const result = compilePolicy(document, { scope: 't' });
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return [result.policy];
}

const criterion = fc.oneof(
  fc.constantFrom('developers', 'sre').map((group) => ({ groups: group })),
  fc.constantFrom('get', 'delete').map((verb) => ({ 'k8s/verb': verb })),
  fc.constantFrom('dev', 'prod').map((namespace) => ({ 'k8s/namespace': namespace })),
  fc.constantFrom('a', 'b').map((team) => ({ 'claim/team': team })),
  fc.constant({ invalid_client_certificate: true }),
  fc.constant({ client_certificate: { san_dns: 'x' } }),
  fc.constant({ accept: true }),
  fc.constant({ reject: true }),
  fc.constant({ device: { is: 'x' } }),
  fc.constantFrom('e1').map((name) => ({ elevation: name })),
);
const body = fc.dictionary(
  fc.constantFrom('and', 'or', 'not', 'nor'),
  fc.array(criterion, { minLength: 1, maxLength: 3 }),
  { minKeys: 1, maxKeys: 2 },
);
const policy = fc.array(fc.record({ allow: body, deny: body }, { requiredKeys: [] }), { minLength: 1, maxLength: 3 });
const parts = fc.record({
  groups: fc.subarray(['developers', 'sre']),
  verb: fc.constantFrom('get', 'delete'),
  namespace: fc.constantFrom('dev', 'prod'),
});
/** What might have been there besides what the event tells. */
const hidden = fc.record({
  claims: fc.constantFrom({}, { team: 'a' }, { team: ['a', 'b'] }),
  elevations: fc.subarray(['e1']),
  clientCertificate: fc.constantFrom(
    undefined,
    { presented: false },
    { presented: true, valid: true, leaf: 'x' },
    { presented: true, valid: false, leaf: 'x' },
  ),
});

describe('the judge of recorded requests', () => {
  it('says the same as the engine does of the whole request, whatever the event left out, or that it cannot say', () => {
    fc.assert(
      fc.property(policy, parts, fc.array(hidden, { minLength: 1, maxLength: 6 }), (document, some, worlds) => {
        const policies = compiled(document);
        const request = requestOf(some);
        const judgement = createRecordedJudge({ evaluatePolicy, pass, fail })(policies, request);
        for (const { claims, elevations, clientCertificate } of worlds) {
          const input: PolicyInput = {
            user: { id: request.user, email: request.email!, groups: request.groups, claims },
            session: { id: request.sessionId },
            elevations,
            now: request.now,
            request: {
              method: 'GET',
              path: request.path,
              ip: request.ip,
              ...(clientCertificate === undefined ? {} : { clientCertificate }),
            },
            kubernetes: {
              cluster: request.cluster,
              verb: request.verb,
              resource: request.resource,
              namespace: request.namespace,
              name: request.name,
            },
          };
          if (judgement.known) expect(judgement.effect).toBe(evaluatePolicy(policies, input).effect);
        }
      }),
      { numRuns: 700 },
    );
  });

  it('does not judge where a device that nobody has shown refuses in one case and not in the other', () => {
    const policies = compiled({
      allow: { not: [{ device: { is: 'x' } }, { elevation: 'e1' }], or: [{ elevation: 'e1' }] },
    });
    expect(createRecordedJudge({ evaluatePolicy, pass, fail })(policies, requestOf({}))).toEqual({
      known: false,
      criteria: ['elevation'],
      fields: ['elevations'],
    });
  });

  it('says the same from memory as anew', () => {
    fc.assert(
      fc.property(policy, fc.array(parts, { minLength: 1, maxLength: 30 }), (document, many) => {
        const policies = compiled(document);
        const remembering = createRecordedJudge({ evaluatePolicy, pass, fail });
        for (const one of many) {
          const request = requestOf(one);
          expect(remembering(policies, request)).toEqual(
            createRecordedJudge({ evaluatePolicy, pass, fail })(policies, request),
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does not judge a patch that may have created, nor a list of a kind that may be namespaced, where that decides', () => {
    const judge = (document: unknown, parts: Parameters<typeof recordedEvent>[0]) =>
      createRecordedJudge({ evaluatePolicy, pass, fail })(compiled(document), requestOf(parts));
    const noCreate = [{ allow: { or: [{ accept: true }] } }, { deny: { and: [{ 'k8s/verb': 'create' }] } }];
    expect(judge(noCreate, { verb: 'patch', resource: 'configmaps', name: 'x' })).toEqual({
      known: false,
      criteria: [],
      fields: ['kubernetes.upsert'],
    });
    expect(judge(noCreate, { verb: 'patch', resource: 'pods', name: 'x', subresource: 'status' })).toMatchObject({
      known: true,
      effect: 'allow',
    });
    expect(judge(noCreate, { verb: 'update', resource: 'configmaps', name: 'x' })).toMatchObject({
      known: true,
      effect: 'allow',
    });
    expect(
      judge(noCreate, { verb: 'get', resource: 'nodes', subresource: 'proxy', namespace: '', name: 'n1' }),
    ).toMatchObject({ known: true, effect: 'deny' });
    const noProd = [{ allow: { or: [{ accept: true }] } }, { deny: { and: [{ 'k8s/namespace': 'prod' }] } }];
    const widgets = {
      verb: 'list',
      apiGroup: 'example.com',
      resource: 'widgets',
      namespace: '',
      uri: '/apis/example.com/v1/widgets',
    };
    expect(judge(noProd, widgets)).toEqual({
      known: false,
      criteria: ['k8s/namespace'],
      fields: ['kubernetes.namespaced', 'kubernetes.aggregated'],
    });
    expect(
      judge(
        [noProd[0], { deny: { and: [{ expression: 'has(kubernetes.namespace) && kubernetes.namespace == "prod"' }] } }],
        widgets,
      ),
    ).toMatchObject({ known: false });
    expect(judge(noProd, { ...widgets, namespace: 'dev' })).toMatchObject({ known: true, effect: 'allow' });
    expect(judge(noProd, { verb: 'list', resource: 'secrets', namespace: '', uri: '/api/v1/secrets' })).toMatchObject({
      known: true,
      effect: 'deny',
    });
    expect(judge(noProd, { verb: 'list', resource: 'nodes', namespace: '', uri: '/api/v1/nodes' })).toMatchObject({
      known: true,
      effect: 'allow',
    });
    expect(
      judge(noProd, {
        verb: 'list',
        resource: 'pods',
        namespace: '',
        uri: '/api/v1/pods?fieldSelector=metadata.namespace%3Ddev',
      }),
    ).toMatchObject({ known: true, effect: 'allow' });
  });

  it('reads of a request what the gateway read of it', () => {
    const judged = (document: unknown, some: Parameters<typeof recordedEvent>[0]) =>
      createRecordedJudge({ evaluatePolicy, pass, fail })(compiled(document), requestOf(some));
    // Nothing that is done to a Secret is a dry run.
    const dryRuns = { allow: { and: [{ expression: 'has(kubernetes.dryRun) && kubernetes.dryRun' }] } };
    expect(
      judged(dryRuns, { verb: 'create', resource: 'configmaps', uri: '/api/v1/namespaces/dev/configmaps?dryRun=All' }),
    ).toMatchObject({ effect: 'allow' });
    expect(
      judged(dryRuns, { verb: 'create', resource: 'secrets', uri: '/api/v1/namespaces/dev/secrets?dryRun=All' }),
    ).toMatchObject({ effect: 'deny' });
    // Where the path names the verb, no selector counts.
    const inDev = { allow: { and: [{ 'k8s/namespace': 'dev' }] } };
    expect(
      judged(inDev, {
        verb: 'watch',
        namespace: '',
        uri: '/api/v1/pods?watch=1&fieldSelector=metadata.namespace%3Ddev',
      }),
    ).toMatchObject({ effect: 'allow' });
    expect(
      judged(inDev, { verb: 'watch', namespace: '', uri: '/api/v1/watch/pods?fieldSelector=metadata.namespace%3Ddev' }),
    ).toMatchObject({ effect: 'deny' });
    // A custom resource is not created by PUT, which the gateway finds out from the cluster.
    const updates = { allow: { and: [{ 'k8s/verb': ['update', 'patch'] }] } };
    const widget = {
      resource: 'widgets',
      apiGroup: 'example.com',
      name: 'x',
      uri: '/apis/example.com/v1/namespaces/dev/widgets/x',
    };
    expect(judged(updates, { ...widget, verb: 'update' })).toMatchObject({
      known: false,
      fields: ['kubernetes.upsert'],
    });
    expect(judged(updates, { ...widget, verb: 'update', ours: { request: { method: 'PUT' } } })).toMatchObject({
      effect: 'allow',
    });
    expect(
      judged(updates, {
        ...widget,
        verb: 'update',
        ours: { request: { method: 'PUT' }, policyVerbs: ['update', 'create'] },
      }),
    ).toMatchObject({ known: false });
    // Events that tell under which verbs a request was judged tell of an apply patch.
    expect(
      judged(updates, {
        verb: 'patch',
        name: 'x',
        ours: { request: { method: 'PATCH' }, policyVerbs: ['patch', 'create'] },
      }),
    ).toMatchObject({ effect: 'deny' });
    expect(judged(updates, { verb: 'patch', name: 'x', ours: { request: { method: 'PATCH' } } })).toMatchObject({
      effect: 'allow',
    });
    expect(
      judged(updates, {
        verb: 'patch',
        name: 'x',
        resource: 'validatingadmissionpolicies',
        apiGroup: 'admissionregistration.k8s.io',
        subresource: 'status',
        namespace: '',
      }),
    ).toMatchObject({ known: false });
  });

  it('evaluates alike requests once, although they differ in what the policy does not look at', () => {
    let evaluated = 0;
    const judge = createRecordedJudge({
      evaluatePolicy: (...args) => {
        evaluated += 1;
        return evaluatePolicy(...args);
      },
      pass,
      fail,
    });
    const policies = compiled({ allow: { or: [{ groups: 'sre' }, { 'k8s/verb': 'get' }] } });
    for (let index = 0; index < 100; index += 1)
      judge(
        policies,
        requestOf({
          name: `pod-${index}`,
          time: `2026-11-25T10:00:${String(index % 60).padStart(2, '0')}Z`,
          namespace: `n${index}`,
        }),
      );
    expect(evaluated).toBeLessThan(5);
  });
});

const reach: Field[] = [
  'kubernetes.verb',
  'kubernetes.requestVerb',
  'kubernetes.isResourceRequest',
  'kubernetes.apiGroup',
  'kubernetes.apiVersion',
  'kubernetes.resource',
  'kubernetes.subresource',
  'kubernetes.fieldSelector',
  'kubernetes.namespaced',
  'kubernetes.aggregated',
];

describe('the fields that an expression can see', () => {
  it.each([
    ['"sre" in user.groups', ['user.groups']],
    ['kubernetes.namespace == user . id', ['user.id', 'kubernetes.namespace']],
    ['has(kubernetes.name) && now > timestamp("2026-01-01T00:00:00Z")', ['kubernetes.name', 'now']],
    ['user.claims.team == "a"', ['claims']],
    ['session.claims.x == 1', ['claims']],
    ['cluster.name == "dev"', ['kubernetes.cluster']],
    ['"a" in elevations', ['elevations']],
    ['request.path.startsWith("/api")', ['path']],
    ['true', []],
  ])('of %s are %j', (text, names) => {
    // Where a namespace or name is read, so is what says whether the request reaches more than one.
    const reaches = names.some((name) => name === 'kubernetes.namespace' || name === 'kubernetes.name');
    const found = fieldsIn(expressionFields(text));
    expect(found.filter((name) => !reaches || !reach.includes(name))).toEqual(names);
    if (reaches) expect(found).toEqual(expect.arrayContaining(reach));
  });

  it.each([
    'user["claims"].team == "a"',
    'user.all(key, key == "x")',
    'size(user) > 1',
    'kubernetes == kubernetes',
    'user.unknown == 1',
  ])('of %s are all, as it could see any', (text) => {
    expect(expressionFields(text) & bitOf('claims')).not.toBe(0);
  });
});

describe('a recorded event', () => {
  it('is a request, something else, or unreadable, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.object({
            key: fc.constantFrom(
              'data',
              'type',
              'cloudEvent',
              'sallyport',
              'stage',
              'auditID',
              'user',
              'decision',
              'cluster',
            ),
          }),
        ),
        (value) => {
          const event = openEvent(value);
          if (event.kind === 'request') readRecordedRequest(event.auditID, event.data, { builtInKind });
        },
      ),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(
          'auditID',
          'stage',
          'requestURI',
          'verb',
          'user',
          'objectRef',
          'responseStatus',
          'requestReceivedTimestamp',
        ),
        fc.jsonValue(),
        (name, value) => {
          const event = openEvent({ ...recordedEvent(), [name]: value });
          if (event.kind === 'request') readRecordedRequest(event.auditID, event.data, { builtInKind });
        },
      ),
    );
  });
});

describe('ids seen', () => {
  it('are told from new ones, however many there are', () => {
    const seen = createSeenIds();
    const ids = Array.from(
      { length: 20_000 },
      (_none, index) =>
        `${index.toString(16).padStart(8, '0')}-0000-7000-8000-${(index * 7).toString(16).padStart(12, '0')}`,
    );
    expect(ids.filter((id) => !seen.isNew(id))).toEqual([]);
    expect(ids.filter((id) => seen.isNew(id))).toEqual([]);
    expect(seen.forgetful).toBe(false);
  });

  it('are forgotten, the oldest first, when there is no more room, and that is told', () => {
    const seen = createSeenIds({ mostSlots: 1024 });
    for (let index = 0; index < 5000; index += 1) seen.isNew(`id-${index}`);
    expect([seen.forgetful, seen.isNew('id-4999'), seen.isNew('id-0')]).toEqual([true, false, true]);
  });
});

describe('counts', () => {
  it('are kept apart for so many names, the most frequent first', () => {
    const counts = createCounts(2);
    for (const name of ['a', 'b', 'b', 'c', 'c', 'c']) counts.add(name);
    expect([counts.list(), counts.others]).toEqual([
      [
        { name: 'b', count: 2 },
        { name: 'a', count: 1 },
      ],
      3,
    ]);
  });
});

describe('progress', () => {
  const shown = (isTTY: boolean) => {
    let now = 0;
    let text = '';
    const progress = createProgress({
      now: () => now,
      stderr: {
        isTTY,
        write: (more) => {
          text += more;
        },
      },
    });
    for (now = 0; now <= 3000; now += 100) progress.tell(() => `at ${now}`);
    progress.end();
    return text;
  };
  it('shows on a terminal, after two seconds, and is cleared away', () => {
    expect(shown(true)).toBe('\rat 2000\rat 2300\rat 2600\rat 2900\r       \r');
  });
  it('shows nowhere else', () => {
    expect(shown(false)).toBe('');
  });
});
