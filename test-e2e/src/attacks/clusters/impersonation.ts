import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { bytesOf, eventOf, expectRefused, pods, send, whoAmI } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

/** A cluster whose policy lets developers act as anyone, so that only the gateway and the RBAC stand in the way. */
const acting = pods.replace('/clusters/dev/', '/clusters/acting/');
const bob = 'Impersonate-User: bob@example.com';
const reserved = [
  'sallyport.dev%2Factor',
  'sallyport.dev%2factor',
  'sallyport.dev%2Fsession',
  'SALLYPORT.dev%2Felevation',
  '%73allyport.dev%2Factor',
  '%53allyport.dev%2Factor',
  '%2573allyport.dev%252Factor',
  'sallyport%2Edev%2Factor',
  'x.sallyport.dev%2Factor',
  'sallyport.dev',
  'authentication.kubernetes.io%2Fpod-name',
  'Authentication.Kubernetes.IO%2Fnode-name',
  '%61uthentication.kubernetes.io%2fcredential-id',
];
const malformed: [string, string[]][] = [
  ['a group without a user', ['Impersonate-Group: developers']],
  ['a uid without a user', ['Impersonate-Uid: 1']],
  ['an extra without a user', ['Impersonate-Extra-scopes: a']],
  ['two users', [bob, 'Impersonate-User: carol@example.com']],
  ['the same user twice', [bob, 'impersonate-user: bob@example.com']],
  ['two uids', [bob, 'Impersonate-Uid: 1', 'Impersonate-Uid: 2']],
  ['an empty user', ['Impersonate-User: ']],
  ['an empty group', [bob, 'Impersonate-Group:']],
  ['an empty extra', [bob, 'Impersonate-Extra-scopes:']],
  ['an extra without a key', [bob, 'Impersonate-Extra-: a']],
  ['a key with a bad escape', [bob, 'Impersonate-Extra-a%2: a']],
  ['a key with an equals sign', [bob, 'Impersonate-Extra-a%3Db: a']],
  ['a key in capitals by an escape', [bob, 'Impersonate-Extra-%41: a']],
  ['a key with an escape of an escape', [bob, 'Impersonate-Extra-a%252Fb: a']],
  ['a key with a NUL', [bob, 'Impersonate-Extra-a%00: a']],
  ['bytes that are not UTF-8', ['Impersonate-User: bob\xff']],
  ['an overlong encoding', ['Impersonate-User: \xc0\xafbob']],
  ['a tab in a name', ['Impersonate-User: bob\tadmin']],
  ['a control character of Latin-1', ['Impersonate-User: bob\xc2\x85']],
  ['a character that does not show', ['Impersonate-User: bob\xe2\x80\x8b']],
  ['a character that turns the direction of the text', [bob, 'Impersonate-Group: \xe2\x80\xaexyz']],
  ['a space that HTTP keeps', ['Impersonate-User: \xc2\xa0system:admin']],
  ['a name that is too long', ['Impersonate-User: ' + 'x'.repeat(1025)]],
  ['a ServiceAccount without a name', ['Impersonate-User: system:serviceaccount:dev']],
  ['a ServiceAccount with three parts', ['Impersonate-User: system:serviceaccount:dev:web:x']],
  ['a ServiceAccount in capitals', ['Impersonate-User: system:serviceaccount:Dev:web']],
  ['all ServiceAccounts of a namespace', ['Impersonate-User: system:serviceaccount:dev:*']],
  ['a ServiceAccount with another prefix', ['Impersonate-User: System:ServiceAccount:dev:web']],
  [
    'more names than the cluster can be asked about',
    [bob, ...Array.from({ length: 32 }, (_n, at) => `Impersonate-Group: g${at}`)],
  ],
];
const others = [
  'system:admin',
  'system:kube-controller-manager',
  'System:Masters',
  'system:anonymous',
  'system:serviceaccount:kube-system:default',
];

/** Answers reviews as the API server does, and everything else with success. */
function reviewing(allowed: boolean | undefined) {
  return (request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    const isReview = request.url?.includes('selfsubjectaccessreviews');
    if (isReview && allowed === undefined) return void response.writeHead(500).end('{}');
    response.writeHead(isReview ? 201 : 200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        isReview
          ? { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', status: { allowed } }
          : { kind: 'Status' },
      ),
    );
  };
}

/** Sends a request to the cluster where alice may act as anyone, and returns what reached it. */
async function act(allowed: boolean | undefined, lines: readonly string[]) {
  const { dev } = attackFixture();
  dev.answer(reviewing(allowed));
  const before = dev.requests.length;
  const reply = await send(bytesOf({ target: acting, lines }));
  const sent = dev.requests.slice(before);
  return {
    reply,
    reviews: sent.filter(({ url }) => url.includes('selfsubjectaccessreviews')),
    requests: sent.filter(({ url }) => !url.includes('selfsubjectaccessreviews')),
  };
}

export function attackActingAs(): void {
  describe('A37: a request that asks to act as another', () => {
    it.each(['Impersonate-User', 'IMPERSONATE-USER', 'iMpErSoNaTe-UsEr'])(
      'by %s is refused where the policy does not name k8s/impersonate',
      async (name) => {
        const { status } = await expectRefused(
          { lines: [`${name}: bob@example.com`] },
          403,
          /as "user:bob@example.com"/,
        );
        expect(status.message).toContain('k8s/impersonate');
      },
    );

    it('is refused there for oneself, and with more groups', async () => {
      await expectRefused({ lines: ['Impersonate-User: alice@example.com'] }, 403, /default-deny/);
      await expectRefused(
        { lines: ['Impersonate-User: alice@example.com', 'Impersonate-Group: system:masters'] },
        403,
        /with "group:system:masters"/,
      );
    });

    it('without a login is asked for one, whatever it names', async () => {
      await expectRefused({ target: acting, authorization: undefined, lines: [bob] }, 401);
      await expectRefused({ target: acting, authorization: 'Bearer spt_x', lines: [bob] }, 401);
    });

    it.each(reserved)('with the extra %s is refused, in any spelling', async (key) => {
      await expectRefused(
        { target: acting, lines: [bob, `Impersonate-Extra-${key}: bob@example.com`] },
        403,
        /is not for clients to set/,
      );
    });

    it.each(malformed)('with %s is malformed', async (_what, lines) => {
      await expectRefused({ target: acting, lines }, 400);
    });

    it.each(others)('as %s is refused, because the settings of the cluster do not list it', async (name) => {
      await expectRefused(
        { target: acting, lines: [`Impersonate-User: ${name}`] },
        name.endsWith('*') ? 400 : name.startsWith('System') ? 403 : 403,
      );
    });

    it.each(['system:masters', 'system:nodes', 'security', 'cn=a,ou=b'])(
      'with the group %s is refused, and the group is not dropped',
      async (group) => {
        const { event } = await expectRefused(
          { target: acting, lines: [bob, 'Impersonate-Group: developers', `Impersonate-Group: ${group}`] },
          403,
          /is not sent to this cluster/,
        );
        expect(event.data.sallyport.decision).toMatchObject({ effect: 'deny', rule: 'cluster/acting.impersonate' });
        expect(event.data.sallyport.request?.impersonate).toContain(`group:${group}`);
        expect(event.data.impersonatedUser).toBeUndefined();
      },
    );

    it('is refused if the RBAC of the cluster refuses, and only the question went there, as the person', async () => {
      const { reply, reviews, requests } = await act(false, ['Impersonate-User: carol@example.com']);
      expect([reply.code, requests]).toEqual([403, []]);
      expect(reply.body).toContain('does not allow you to impersonate users');
      expect(reviews.map((one) => one.header('impersonate-user'))).toEqual([['alice@example.com']]);
      expect(reviews[0]!.header('impersonate-group')).toEqual(['developers']);
      const { data } = await eventOf(reply.auditId);
      expect(data.user.username).toBe('alice@example.com');
      expect(data.sallyport.decision).toMatchObject({ effect: 'deny', rule: 'cluster/acting.rbac' });
    });

    it('is refused if the cluster does not say', async () => {
      const { reply, requests } = await act(undefined, ['Impersonate-User: dave@example.com']);
      expect([reply.code, requests]).toEqual([503, []]);
    });

    it('goes upstream as the other, with who did it, if all agree', async () => {
      const { reply, reviews, requests } = await act(true, [
        'impersonate-USER: b\xc3\xb6b@example.com',
        'Impersonate-Group: developers',
        'Impersonate-Uid: 7',
        'Impersonate-Extra-example.com%2Fteam: a, b',
      ]);
      expect([reply.code, reviews.length, requests.length]).toEqual([200, 4, 1]);
      const [request] = requests;
      const utf8 = (text: string) => Buffer.from(text, 'latin1').toString('utf8');
      expect(request!.header('impersonate-user').map(utf8)).toEqual(['böb@example.com']);
      expect(request!.header('impersonate-group')).toEqual(['developers']);
      expect(request!.header('impersonate-uid')).toEqual(['7']);
      expect(request!.header('impersonate-extra-example.com%2fteam')).toEqual(['a, b']);
      expect(request!.header('impersonate-extra-sallyport.dev%2factor')[0]).toBe('alice@example.com');
      const { data } = await eventOf(request!.header('audit-id')[0]);
      expect(data.user).toMatchObject({ username: 'alice@example.com', groups: ['developers'] });
      expect(data.impersonatedUser).toMatchObject({ username: 'böb@example.com', uid: '7', groups: ['developers'] });
      expect(request!.header('impersonate-extra-sallyport.dev%2factor')[1]).toBe(data.user.uid);
    });

    it.each(['/.sallyport/api/v1/me', '/.sallyport/api/v1/clusters', '/.sallyport/me'])(
      'is refused at %s',
      async (target) => {
        const reply = await send(bytesOf({ target, lines: [bob] }));
        expect([reply.code, reply.body]).toEqual([403, expect.stringContaining('asks for an identity')]);
      },
    );

    it('at the real API server changes nothing for alice', async () => {
      expect((await whoAmI()).username).toBe('alice@example.com');
    });
  });
}
