import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy } from '../compile/compile-policy.ts';
import { evaluatePolicy } from '../evaluate/evaluate-policy.ts';
import type { KubernetesInput } from '../input/policy-input.ts';
import { operators, type Action, type Operator } from '../language/criterion.ts';

const keys = [
  'k8s/cluster',
  'k8s/verb',
  'k8s/namespace',
  'k8s/name',
  'k8s/non_resource_path',
  'k8s/label_selector',
  'k8s/field_selector',
] as const;

const everyone = { allow: { or: [{ authenticated_user: true }] } };
const session = { id: 's' };

function decide(action: Action, operator: Operator, criteria: object[], kubernetes: KubernetesInput) {
  const rule = { [action]: { [operator]: criteria } };
  const compiled = compilePolicy(action === 'deny' ? [everyone, rule] : [rule], { scope: 'x' });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  const { effect, allow, deny } = evaluatePolicy([compiled.policy], { session, user: { id: 'a' }, kubernetes });
  return { effect, allow, deny };
}

const text = fc.constantFrom('dev', 'prod', 'web', 'web:443', 'get', 'list', '/version', '/version/', 'a=b', '');
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
// Requests of every reach: of one object, of a collection, over all namespaces, through a node, and not for a resource.
const request: fc.Arbitrary<KubernetesInput> = fc
  .record({
    cluster: maybe(text),
    verb: fc.constantFrom('get', 'list', 'watch', 'create', 'deletecollection'),
    isResourceRequest: fc.boolean(),
    resource: maybe(fc.constantFrom('pods', 'nodes', 'widgets')),
    subresource: maybe(fc.constantFrom('proxy', 'exec')),
    namespace: maybe(text),
    name: maybe(text),
    path: maybe(text),
    labelSelector: maybe(text),
    fieldSelector: maybe(fc.constantFrom('metadata.namespace=dev', 'metadata.name=web', 'a=b')),
  })
  .map((members) => members as KubernetesInput);
const list = fc.array(text, { minLength: 1, maxLength: 10 });
const key = fc.constantFrom(...keys);
const action = fc.constantFrom<Action>('allow', 'deny');

describe('a list as data of a Kubernetes criterion', () => {
  it('decides like the or of its members', () => {
    fc.assert(
      fc.property(key, action, list, request, (name, what, members, kubernetes) => {
        expect(decide(what, 'or', [{ [name]: members }], kubernetes).effect).toBe(
          decide(
            what,
            'or',
            members.map((one) => ({ [name]: one })),
            kubernetes,
          ).effect,
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('is the same as in, in every operator, with the same reasons', () => {
    const operator = fc.constantFrom<Operator>(...operators);
    const any = fc.array(text, { maxLength: 10 });
    fc.assert(
      fc.property(key, action, operator, any, request, (name, what, how, members, kubernetes) => {
        expect(decide(what, how, [{ [name]: members }], kubernetes)).toEqual(
          decide(what, how, [{ [name]: { in: members } }], kubernetes),
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('is open for a request that may reach a member, so that a deny holds and an allow does not', () => {
    const all = { verb: 'list', resource: 'pods' };
    const criterion = { 'k8s/namespace': ['prod', 'vault'] };
    expect(decide('deny', 'and', [criterion], all)).toMatchObject({
      effect: 'deny',
      deny: { reasons: ['k8s-namespace-open'] },
    });
    expect(decide('allow', 'and', [criterion], all)).toMatchObject({
      effect: 'deny',
      allow: { reasons: ['k8s-namespace-open'] },
    });
    expect(decide('deny', 'and', [{ 'k8s/namespace': [] }], all).effect).toBe('allow');
  });

  it('works for the program of a command', () => {
    const run = (command: string[]) =>
      decide('allow', 'or', [{ 'k8s/exec_command': { program: ['ls', 'cat'] } }], { verb: 'create', exec: { command } })
        .effect;
    expect([run(['ls', '-l']), run(['cat']), run(['sh'])]).toEqual(['allow', 'allow', 'deny']);
  });

  it.each([...keys])('refuses anything but strings in it: %s', (name) => {
    expect(compilePolicy({ allow: { or: [{ [name]: ['a', 5, true] }] } }, { scope: 'x' })).toEqual({
      ok: false,
      faults: [
        { path: ['allow', 'or', 0, name, 1], message: 'must be a string, not a number', hint: 'put it in quotes' },
      ],
    });
  });
});
