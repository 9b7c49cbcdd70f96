import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { replayPolicy } from '../../testing/replay-policy.ts';
import { createRig, type Rig } from '../../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());

describe('what an event does not record', () => {
  const claimPolicy = '[{allow: {and: [{groups: developers}, {claim/team: a}]}}, {deny: {or: [{k8s/verb: delete}]}}]';

  it('is never guessed: such a request is counted separately, with the criterion and the missing field', async () => {
    const { result } = await replayPolicy(rig, claimPolicy, [{}, { verb: 'list' }]);
    expect(result).toMatchObject({
      evaluated: 0,
      lost: { requests: 0 },
      gained: { requests: 0 },
      inconclusive: {
        requests: 2,
        byCriterion: [
          { criterion: 'claim/team', missing: ['claims'], requests: 2, examples: [{ verb: 'get' }, { verb: 'list' }] },
        ],
      },
    });
  });

  it('does not matter if the rest decides', async () => {
    const { result } = await replayPolicy(rig, claimPolicy, [
      { verb: 'delete' },
      { groups: ['others'], effect: 'deny' },
    ]);
    expect(result).toMatchObject({
      evaluated: 2,
      inconclusive: { requests: 0 },
      lost: { requests: 1, byRule: [{ rule: 'cluster/dev[1].deny.or' }] },
      unchanged: { refused: 1 },
    });
  });

  it.each([
    [
      'a client certificate',
      'allow: {and: [{groups: developers}, {client_certificate: {san_dns: x}}]}',
      {},
      'client_certificate',
      ['request.clientCertificate'],
    ],
    [
      'a bad one',
      '[{allow: {or: [{groups: developers}]}}, {deny: {or: [{invalid_client_certificate: true}]}}]',
      {},
      'invalid_client_certificate',
      ['request.clientCertificate'],
    ],
    [
      'one that refuses by its reason alone',
      '[{allow: {or: [{groups: developers}]}}, {deny: {not: [{invalid_client_certificate: true}, {groups: developers}]}}]',
      {},
      'invalid_client_certificate',
      ['request.clientCertificate'],
    ],
    ['an elevation', 'allow: {or: [{elevation: admin}]}', {}, 'elevation', ['elevations']],
    [
      'a hashed command',
      'allow: {or: [{k8s/exec_command: {program: ls}}]}',
      { ours: { exec: { container: 'c', command: ['hmac-sha256:abc'], tty: false, stdin: false } } },
      'k8s/exec_command',
      ['kubernetes.exec'],
    ],
    ['GET or HEAD', 'allow: {or: [{http_method: GET}]}', { effect: 'deny' }, 'http_method', ['request.method']],
    [
      'a path that was cut off',
      'allow: {or: [{http_path: /x}]}',
      { uri: `/${'x'.repeat(1100)}…` },
      'http_path',
      ['path'],
    ],
    [
      'a dry run that depends on a body',
      'allow: {or: [{k8s/dry_run: true}]}',
      { verb: 'delete', uri: '/api/v1/namespaces/dev/pods/x?dryRun=All' },
      'k8s/dry_run',
      ['kubernetes.dryRun'],
    ],
    [
      'a claim in an expression',
      'allow: {or: [{expression: "user.claims.team == kubernetes.namespace"}]}',
      {},
      'expression',
      ['claims'],
    ],
  ])('may be %s', async (_what, policy, parts, criterion, missing) => {
    const { code, result } = await replayPolicy(rig, policy, [parts]);
    expect(code).toBe(0);
    expect(result.inconclusive).toMatchObject({ requests: 1, byCriterion: [{ criterion, missing }] });
  });

  it.each([
    ['an answer with a body was to a GET', 'allow: {or: [{http_method: GET}]}', {}],
    ['a create is a POST', 'allow: {or: [{http_method: POST}]}', { verb: 'create' }],
    [
      'an upgrade to websocket is a GET',
      'allow: {or: [{http_method: GET}]}',
      { verb: 'create', requestVerb: 'get', ours: { protocol: 'websocket' }, code: 101 },
    ],
    ['the address of the caller', 'allow: {or: [{source_ip: 10.1.0.0/16}]}', {}],
    [
      'a dry run of a create',
      'allow: {or: [{k8s/dry_run: true}]}',
      { verb: 'create', uri: '/api/v1/namespaces/dev/pods?dryRun=All' },
    ],
    [
      'a command in clear',
      'allow: {or: [{k8s/exec_command: {argv: [ls, -l]}}]}',
      { ours: { exec: { container: 'c', command: ['ls', '-l'], tty: false, stdin: false } } },
    ],
    ['a path with escapes', 'allow: {or: [{http_path: "/api/a b"}]}', { uri: '/api/a%20b?x=1' }],
    [
      'an expression that asks for what is there',
      "allow: {or: [{expression: \"'developers' in user.groups && kubernetes.verb == 'get'\"}]}",
      {},
    ],
    [
      'a group of resources',
      'allow: {or: [{k8s/resource: deployments.apps/scale}]}',
      { resource: 'deployments', apiGroup: 'apps', subresource: 'scale' },
    ],
    ['the e-mail address', 'allow: {or: [{email: alice@example.com}]}', {}],
  ])('judges by what an event records: %s', async (_what, policy, parts) => {
    expect((await replayPolicy(rig, policy, [parts])).result).toMatchObject({
      evaluated: 1,
      unchanged: { allowed: 1 },
    });
  });
});
