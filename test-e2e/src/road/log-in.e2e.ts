import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  answerLogin,
  createNamespace,
  createPlainBrowser,
  describeWith,
  eventually,
  fillInForm,
  joinAuditLogs,
  realClusterAccess,
  startGateway,
  type Gateway,
  type TestNamespace,
} from '../harness/index.ts';

const loginAddress = /https?:\/\/\S+\/\.sallyport\/login\?\S+/;

describeWith(
  ['node', 'redis', 'kafka', 'postgres', 'kubectl'],
  'logging in with kubectl and the CLI, four processes, a real API server',
  () => {
    let gateway: Gateway;
    let namespace: TestNamespace;
    beforeAll(async () => {
      namespace = await createNamespace();
      gateway = await startGateway({ mode: 'processes', clusters: [await realClusterAccess()] });
    });
    afterAll(async () => {
      await gateway?.stop();
      await namespace?.remove();
    });

    it('logs a person in with the form of the provider, from the URL that the CLI prints', async () => {
      const alice = await gateway.person('alice@example.com');
      expect(await alice.kubectl(['get', 'pods', '-n', namespace.name, '-o', 'name'])).toBe('');
      const whoami = await alice.cli(['whoami', '-o', 'json']);
      expect(JSON.parse(whoami.stdout)).toMatchObject({
        user: 'alice@example.com',
        email: 'alice@example.com',
        groups: ['developers'],
        session: { kind: 'cli' },
      });
    });

    it('sends the cluster the name, groups, stable id and session of a person, and nothing else', async () => {
      const alice = await gateway.person('alice@example.com');
      const { status } = JSON.parse(await alice.kubectl(['auth', 'whoami', '-o', 'json'])) as {
        status: { userInfo: Record<string, unknown> };
      };
      const [login] = await gateway.audit.await({ type: 'session.login', user: 'alice@example.com' });
      const { identity, sessionId } = login!.data.sallyport;
      expect(status.userInfo).toEqual({
        username: 'alice@example.com',
        groups: ['developers', 'system:authenticated'],
        uid: createHash('sha256').update(`${gateway.provider.issuer()}\0${identity!.sub}`).digest('base64url'),
        extra: { 'sallyport.dev/session': [sessionId] },
      });
    });

    it('refuses a person to whom no rule gives anything, as if there were no such cluster', async () => {
      const mallory = await gateway.person('mallory@example.com');
      const refused = await mallory.tryKubectl(['get', 'pods', '-n', namespace.name]);
      expect(refused.code).toBe(1);
      const text =
        'There is no cluster "dev" that you may use. Run "sallyport clusters" to list yours, or ask your operator for access.';
      expect(refused.stderr).toContain(text);
      const { token } = await gateway.login('mallory@example.com');
      const answer = await gateway.request(`/clusters/dev/api/v1/namespaces/${namespace.name}/pods`, { token });
      expect(answer.status).toBe(403);
      expect(answer.json()).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        reason: 'Forbidden',
        code: 403,
        message: text,
        details: { kind: 'pods', causes: [{ reason: 'forbidden', message: text }] },
      });
      expect(refused.stderr + answer.text).not.toMatch(/developers|sre/);
      const [event] = await gateway.audit.await({
        user: 'mallory@example.com',
        verb: 'list',
        resource: 'pods',
        stage: 'ResponseComplete',
      });
      expect(event!.data).toMatchObject({
        responseStatus: { code: 403 },
        sallyport: { decision: { effect: 'deny', rule: 'default-deny' } },
      });
    });

    it('shows the form again for a wrong password, and creates no session', async () => {
      const browser = createPlainBrowser({ ca: gateway.caPem });
      const { answer } = await fillInForm(browser, `${gateway.pagesUrl}/.sallyport/login?return_to=/.sallyport/me`, {
        user: 'bob@example.com',
        password: 'wrong',
      });
      expect(answer.status).toBe(401);
      expect(answer.text).toContain('wrong password');
      expect([...browser.jar.keys()].filter((name) => name === 'sallyport-demo')).toEqual([]);
    });

    it('opens a login again after the session was revoked: the next kubectl may fail once, the one after logs in', async () => {
      const [alice, bob] = [await gateway.stranger('alice@example.com'), await gateway.person('bob@example.com')];
      await alice.login();
      await alice.kubectl(['get', 'pods', '-n', namespace.name]);
      const { session } = JSON.parse((await alice.cli(['whoami', '-o', 'json'])).stdout) as { session: { id: string } };
      expect((await bob.cli(['sessions', 'revoke', session.id])).code).toBe(0);
      const get = ['get', 'pods', '-n', namespace.name, '-o', 'name'];
      const asksOrEnds = async () => {
        const command = alice.startKubectl(get);
        const asked = await Promise.race([
          command.ended.then(() => false),
          command.says(loginAddress).then(
            () => true,
            () => false,
          ),
        ]);
        if (asked) await answerLogin(command, gateway, { user: 'alice@example.com', password: 'alice' });
        return { asked, ...(await command.ended) };
      };
      // After a 401, a Kubernetes client gets a new credential from its plugin but does not repeat the request.
      const [first, second] = [await asksOrEnds(), await asksOrEnds()];
      expect([first.asked, second.asked].filter(Boolean)).toEqual([true]);
      expect(second).toMatchObject({ code: 0, stdout: '' });
      const revoked = await gateway.audit.await({ type: 'session.revoked' });
      expect(revoked.map((record) => record.data.sallyport.sessionId)).toEqual([session.id]);
    });

    it('ends a session by logout, locally and at the gateway', async () => {
      const alice = await gateway.stranger('alice@example.com');
      await alice.login();
      const { session } = JSON.parse((await alice.cli(['whoami', '-o', 'json'])).stdout) as { session: { id: string } };
      expect((await alice.cli(['logout'])).code).toBe(0);
      expect((await alice.cli(['whoami'])).code).toBe(3);
      const bob = await gateway.person('bob@example.com');
      expect((await bob.cli(['sessions', 'list', '--all', '-o', 'json'])).stdout).not.toContain(session.id);
    });

    it('refuses a revoked session from the next request on', async () => {
      const [login, bob] = [await gateway.login('alice@example.com'), await gateway.login('bob@example.com')];
      const path = '/clusters/dev/api/v1/namespaces/default/pods';
      const before = await gateway.request(`/clusters/dev/api/v1/namespaces/${namespace.name}/pods`, {
        token: login.token,
      });
      expect(before.status).toBe(200);
      expect(
        (
          await gateway.request(`/.sallyport/api/v1/sessions/${login.sessionId}`, {
            method: 'DELETE',
            token: bob.token,
          })
        ).status,
      ).toBe(204);
      const after = await gateway.request(path, { token: login.token });
      expect(after.status).toBe(401);
      expect(after.json()).toMatchObject({ kind: 'Status', reason: 'Unauthorized', code: 401 });
    });

    it('shows people their own sessions and events, and all of them to those who may see them', async () => {
      const [alice, carol] = [await gateway.person('alice@example.com'), await gateway.person('carol@example.com')];
      const own = JSON.parse((await alice.cli(['sessions', 'list', '-o', 'json'])).stdout) as {
        sessions?: { user: string }[];
        items?: { user: string }[];
      };
      expect(new Set((own.sessions ?? own.items ?? []).map(({ user }) => user))).toEqual(
        new Set(['alice@example.com']),
      );
      expect((await alice.cli(['sessions', 'list', '--all'])).code).toBe(5);
      const search = (who: typeof alice) =>
        who.cli(['audit', 'search', '--user', 'mallory@example.com', '--effect', 'deny', '-o', 'json']);
      await eventually('the refusal to be in the store', async () =>
        (await search(carol)).stdout.includes('default-deny'),
      );
      expect((await search(alice)).stdout).not.toContain('mallory');
    });

    it("leaves the same requests in the cluster's audit log and in ours, under one id, and refused ones only in ours", async () => {
      const join = await joinAuditLogs(gateway);
      expect(join).toMatchObject({ lost: [], leaked: [], unknown: [] });
      expect(join.joined.length).toBeGreaterThan(3);
      expect(join.joined.filter(({ ours, theirs }) => ours.user !== theirs.user || ours.verb !== theirs.verb)).toEqual(
        [],
      );
    });
  },
);
