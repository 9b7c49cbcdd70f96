import { describe, expect, it } from '@jest/globals';
import { endReasons } from '@sallyport/contracts';
import { checkOf, kubernetes, identityOf, sampleConfig, startRig } from '../testing/authorize-rig.ts';
import { refusalDetail, sessionEndedDetail } from './refusal-detail.ts';

const decision = { rule: 'default-deny', reasons: ['groups-unauthorized'] };
const user = { id: 'alice@example.com', email: 'alice@example.com', groups: ['a', 'b'] };
const of = (
  attributes: Parameters<typeof kubernetes>[0],
  reasons = decision.reasons,
  who: Parameters<typeof refusalDetail>[2] = user,
) =>
  refusalDetail(
    checkOf('t', { kind: 'cluster', name: 'dev' }, { kubernetes: kubernetes(attributes) }),
    { ...decision, reasons },
    who,
  );

describe('a refusal', () => {
  it("names the rule, the user, the request, the criteria and the caller's own values", () => {
    expect(of({})).toBe(
      'policy rule "default-deny" does not allow alice@example.com to get pods in namespace "dev" of cluster "dev" (criteria: groups; your groups: "a", "b")',
    );
    expect(of({ verb: 'create', subresource: 'exec', name: 'web' })).toContain(
      'to create pods/exec "web" in namespace "dev" of cluster "dev"',
    );
    expect(of({ resource: 'deployments', apiGroup: 'apps', subresource: 'scale', namespace: '', name: 'x' })).toContain(
      'to get deployments.apps/scale "x" of cluster "dev"',
    );
    expect(of({ isResourceRequest: false, path: '/metrics' })).toContain('to get path "/metrics" of cluster "dev"');
    expect(of({}, ['email-unauthorized', 'k8s-verb-unauthorized'])).toContain(
      '(criteria: email, k8s/verb; your email address: "alice@example.com")',
    );
    expect(of({}, [])).toMatch(/cluster "dev"$/);
    expect(of({}, ['groups-unauthorized', 'domain-unauthorized'], { id: 'x' })).toContain(
      'you are not in any group; you have no email address',
    );
    expect(refusalDetail(checkOf('t', { kind: 'api', area: 'sessions' }), decision, user)).toContain(
      'to use sessions of other users',
    );
  });

  it('says how the caller was authenticated, and how to authenticate again', () => {
    const about = (reasons: string[], session: Parameters<typeof refusalDetail>[4]) =>
      refusalDetail(
        checkOf('t', { kind: 'api', area: 'sessions' }),
        { ...decision, reasons },
        user,
        undefined,
        session,
      );
    expect(about(['max-age-unauthorized'], { authTime: Date.parse('2026-03-01T08:00:00Z') })).toContain(
      '(criteria: max_age; you were authenticated at 2026-03-01T08:00:00.000Z; "sallyport login --max-age 1m" authenticates you again)',
    );
    expect(about(['auth-time-unauthorized'], {})).toContain('does not state when');
    expect(about(['acr-unauthorized', 'amr-unauthorized'], { acr: 'x\u001b', amr: ['pwd', 'otp'] })).toContain(
      '(criteria: acr, amr; you were authenticated as "x\\u001b"; "sallyport login --acr CLASS" requests another; you were authenticated by "pwd", "otp")',
    );
    expect(about(['max-age-unauthorized'], { authTime: 9e15 })).toContain('does not state when');
  });

  it('says that a request reaches more than a rule covers, and what to request instead', () => {
    const secrets = {
      resource: 'secrets',
      namespace: '',
      verb: 'list',
      requestVerb: 'list',
      namespaced: true,
      aggregated: false,
    };
    expect(of(secrets, ['k8s-namespace-open'])).toContain(
      '(criteria: k8s/namespace; this lists all namespaces; ask for one: -n NAMESPACE)',
    );
    expect(of({ ...secrets, verb: 'watch', requestVerb: 'watch' }, ['expression-open'])).toContain(
      'this watches all namespaces',
    );
    expect(
      of({ ...secrets, verb: 'deletecollection', requestVerb: 'deletecollection' }, ['k8s-namespace-open']),
    ).toContain('this deletes in all namespaces');
    expect(
      of({ resource: 'nodes', subresource: 'proxy', namespace: '', name: 'n1' }, ['k8s-namespace-open']),
    ).toContain('requests through a node reach the pods of all namespaces');
    expect(of({ resource: 'nodes', subresource: 'proxy', namespace: '', name: 'n1' }, ['k8s-name-open'])).toContain(
      '(criteria: k8s/name; requests through a node reach the pods of all namespaces)',
    );
    expect(of({ ...secrets, namespace: 'dev' }, ['k8s-name-open'])).toContain('this reaches objects of any name');
  });

  it('says as which other verb a request was evaluated, and why', () => {
    const as = (evaluatedAs: string, attributes: Parameters<typeof kubernetes>[0]) =>
      refusalDetail(
        checkOf('t', { kind: 'cluster', name: 'dev' }, { kubernetes: kubernetes(attributes) }),
        { ...decision, evaluatedAs },
        user,
      );
    expect(as('create', { verb: 'patch', upsert: true })).toContain(
      'it must also be allowed as "create", because it may create the object',
    );
    expect(as('create', { resource: 'nodes', subresource: 'proxy' })).toContain('a kubelet runs commands for any verb');
    expect(as('create', { subresource: 'proxy', upgrade: true })).toContain('carries data both ways');
    expect(as('get', { verb: 'delete', resource: 'secrets' })).toContain(
      'a request for a Secret must not be denied as "get" either',
    );
  });

  it('is short and free of control characters, for any request', () => {
    const text = of(
      {
        verb: 'x\u001b[31m',
        resource: 'po\nds',
        namespace: 'n'.repeat(5000),
        name: '\u009b31m\u2028',
        apiGroup: '\ud800',
      },
      decision.reasons,
      { id: 'a\u0007', groups: Array.from({ length: 500 }, (_none, index) => `g${index}`) },
    );
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\ud800]/);
    expect(text.length).toBeLessThan(1500);
    expect(text).toContain('and 480 more');
  });
});

describe('a caller whose session has ended', () => {
  it('is told why, but nothing about other users', () => {
    expect(sessionEndedDetail('refused')).toContain('identity provider rejected this login');
    for (const reason of ['logout', 'revoked', 'of another version', 'constructor', ''])
      expect(sessionEndedDetail(reason)).toBe('This session was ended. Log in again.');
    expect(endReasons.every((reason) => sessionEndedDetail(reason).endsWith('.'))).toBe(true);
  });

  it('gets the reason from a check', async () => {
    const rig = await startRig({ config: sampleConfig });
    const token = await rig.logIn(identityOf('alice'));
    await rig.store.revoke('id-alice', { by: 'corp', reason: 'provider-logout' });
    const [answer] = await rig.ask(checkOf(token, { kind: 'self' }));
    expect(answer).toMatchObject({
      decision: { effect: 'authenticate' },
      problem: { code: 'unauthenticated', detail: expect.stringContaining('logged out at your identity provider') },
    });
    await rig.close();
  });
});
