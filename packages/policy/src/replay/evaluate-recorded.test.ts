import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy } from '../compile/compile-policy.ts';
import { evaluatePolicy } from '../evaluate/evaluate-policy.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import type { CompiledPolicy } from '../language/compiled-policy.ts';
import { recordedEvent } from '../testing/recorded-event.ts';
import { createRecordedEvaluator } from './evaluate-recorded.ts';
import { openEvent } from './replayer.ts';
import { readRecordedRequest, type RecordedRequest } from './recorded-request.ts';

const requestOf = (parts: Parameters<typeof recordedEvent>[0]): RecordedRequest => {
  const event = openEvent(recordedEvent(parts));
  if (event.kind !== 'request') throw new Error('no request');
  return readRecordedRequest(event.auditID, event.data) as RecordedRequest;
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
  fc.constantFrom('l1', 'l2').map((name) => ({ on_call: name })),
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
/** Fields that the request may have had, and the event does not record. */
const hidden = fc.record({
  claims: fc.constantFrom({}, { team: 'a' }, { team: ['a', 'b'] }),
  elevations: fc.subarray(['e1']),
  onCall: fc.dictionary(
    fc.constantFrom('l1', 'l2'),
    fc.constantFrom({ users: [] }, { users: [{ user: requestOf({}).user }] }),
  ),
  clientCertificate: fc.constantFrom(
    undefined,
    { presented: false },
    { presented: true, valid: true, leaf: 'x' },
    { presented: true, valid: false, leaf: 'x' },
  ),
});

describe('the evaluation of recorded requests', () => {
  it('agrees with the engine on the complete request, whatever the event omits, or reports that it is unknown', () => {
    fc.assert(
      fc.property(policy, parts, fc.array(hidden, { minLength: 1, maxLength: 6 }), (document, some, variants) => {
        const policies = compiled(document);
        const request = requestOf(some);
        const outcome = createRecordedEvaluator()(policies, request);
        for (const { claims, elevations, onCall, clientCertificate } of variants) {
          const input: PolicyInput = {
            user: { id: request.user, email: request.email!, groups: request.groups, claims },
            session: { id: request.sessionId },
            elevations,
            onCall,
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
          if (outcome.known) expect(outcome.effect).toBe(evaluatePolicy(policies, input).effect);
        }
      }),
      { numRuns: 700 },
    );
  });

  it('is unknown if a device that was not presented decides only in some cases', () => {
    const policies = compiled({
      allow: { not: [{ device: { is: 'x' } }, { elevation: 'e1' }], or: [{ elevation: 'e1' }] },
    });
    expect(createRecordedEvaluator()(policies, requestOf({}))).toEqual({
      known: false,
      criteria: ['elevation'],
      fields: ['elevations'],
    });
  });

  it('gives the same result from the cache', () => {
    fc.assert(
      fc.property(policy, fc.array(parts, { minLength: 1, maxLength: 30 }), (document, many) => {
        const policies = compiled(document);
        const remembering = createRecordedEvaluator();
        for (const one of many) {
          const request = requestOf(one);
          expect(remembering(policies, request)).toEqual(createRecordedEvaluator()(policies, request));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is unknown if it depends on whether a patch creates or a kind is namespaced', () => {
    const judge = (document: unknown, parts: Parameters<typeof recordedEvent>[0]) =>
      createRecordedEvaluator()(compiled(document), requestOf(parts));
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

  it('reads a request as the gateway read it', () => {
    const evaluated = (document: unknown, some: Parameters<typeof recordedEvent>[0]) =>
      createRecordedEvaluator()(compiled(document), requestOf(some));
    // An access to a Secret never counts as a dry run.
    const dryRuns = { allow: { and: [{ expression: 'has(kubernetes.dryRun) && kubernetes.dryRun' }] } };
    expect(
      evaluated(dryRuns, {
        verb: 'create',
        resource: 'configmaps',
        uri: '/api/v1/namespaces/dev/configmaps?dryRun=All',
      }),
    ).toMatchObject({ effect: 'allow' });
    expect(
      evaluated(dryRuns, { verb: 'create', resource: 'secrets', uri: '/api/v1/namespaces/dev/secrets?dryRun=All' }),
    ).toMatchObject({ effect: 'deny' });
    // If the path names the verb, selectors are ignored.
    const inDev = { allow: { and: [{ 'k8s/namespace': 'dev' }] } };
    expect(
      evaluated(inDev, {
        verb: 'watch',
        namespace: '',
        uri: '/api/v1/pods?watch=1&fieldSelector=metadata.namespace%3Ddev',
      }),
    ).toMatchObject({ effect: 'allow' });
    expect(
      evaluated(inDev, {
        verb: 'watch',
        namespace: '',
        uri: '/api/v1/watch/pods?fieldSelector=metadata.namespace%3Ddev',
      }),
    ).toMatchObject({ effect: 'deny' });
    // A PUT does not create a custom resource. The gateway asks the cluster what it is.
    const updates = { allow: { and: [{ 'k8s/verb': ['update', 'patch'] }] } };
    const widget = {
      resource: 'widgets',
      apiGroup: 'example.com',
      name: 'x',
      uri: '/apis/example.com/v1/namespaces/dev/widgets/x',
    };
    expect(evaluated(updates, { ...widget, verb: 'update' })).toMatchObject({
      known: false,
      fields: ['kubernetes.upsert'],
    });
    expect(evaluated(updates, { ...widget, verb: 'update', ours: { request: { method: 'PUT' } } })).toMatchObject({
      effect: 'allow',
    });
    expect(
      evaluated(updates, {
        ...widget,
        verb: 'update',
        ours: { request: { method: 'PUT' }, policyVerbs: ['update', 'create'] },
      }),
    ).toMatchObject({ known: false });
    // Events with all verbs of a request reveal an apply patch.
    expect(
      evaluated(updates, {
        verb: 'patch',
        name: 'x',
        ours: { request: { method: 'PATCH' }, policyVerbs: ['patch', 'create'] },
      }),
    ).toMatchObject({ effect: 'deny' });
    expect(evaluated(updates, { verb: 'patch', name: 'x', ours: { request: { method: 'PATCH' } } })).toMatchObject({
      effect: 'allow',
    });
    expect(
      evaluated(updates, {
        verb: 'patch',
        name: 'x',
        resource: 'validatingadmissionpolicies',
        apiGroup: 'admissionregistration.k8s.io',
        subresource: 'status',
        namespace: '',
      }),
    ).toMatchObject({ known: false });
  });

  it('evaluates requests once that differ only in fields that the policy does not read', () => {
    let evaluated = 0;
    const judge = createRecordedEvaluator();
    const [policy] = compiled({ allow: { or: [{ groups: 'sre' }, { 'k8s/verb': 'get' }] } });
    const counted = policy!.allow.map((one) => ({
      ...one,
      criteria: one.criteria.map((criterion) => (input: PolicyInput) => {
        evaluated += 1;
        return criterion(input);
      }),
    }));
    const policies = [{ ...policy!, allow: counted }];
    for (let index = 0; index < 100; index += 1)
      judge(
        policies,
        requestOf({
          name: `pod-${index}`,
          time: `2026-11-25T10:00:${String(index % 60).padStart(2, '0')}Z`,
          namespace: `n${index}`,
        }),
      );
    expect(evaluated).toBeGreaterThan(0);
    expect(evaluated).toBeLessThan(10);
  });
});
