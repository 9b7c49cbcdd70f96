import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { impersonationExtras } from '@sallyport/contracts';
import {
  clusterEvents,
  createNamespace,
  describeWith,
  eventually,
  joinAuditLogs,
  realClusterAccess,
  roleBinding,
  startCli,
  startGateway,
  startPod,
  theBed,
  type Gateway,
  type Person,
  type TestNamespace,
} from '../harness/index.ts';

const groups = ['developers', 'sre', 'prod-admins'];
const team = 'example.com/team';
const tag = randomBytes(4).toString('hex');
const rbac = 'rbac.authorization.k8s.io';
const binding = (name: string, kind: 'Role' | 'ClusterRole', subject: object, namespace?: string) => ({
  apiVersion: `${rbac}/v1`,
  kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  roleRef: { apiGroup: rbac, kind, name },
  subjects: [{ apiGroup: rbac, ...subject }],
});
/** What kubectl sends for `--as`, as header lines of a request. */
const as = (user: string, more: Record<string, string> = {}) => ({ 'Impersonate-User': user, ...more });

describeWith(
  ['node', 'redis', 'kafka', 'postgres', 'kubectl'],
  'a person who acts as another on a real cluster',
  () => {
    let gateway: Gateway;
    let namespace: TestNamespace;
    let [alice, bob]: Person[] = [];
    let account: string;
    const policy = () => [
      { allow: { or: [{ groups: 'developers' }, { groups: 'sre' }] } },
      { allow: { and: [{ groups: 'sre' }, { 'k8s/impersonate': { not: 'user:root' } }] } },
      {
        allow: { and: [{ groups: 'prod-admins' }, { 'k8s/impersonate': `serviceaccount:${namespace.name}/deployer` }] },
      },
    ];

    beforeAll(async () => {
      namespace = await createNamespace({ bound: false });
      account = `system:serviceaccount:${namespace.name}:deployer`;
      const { cluster } = theBed();
      const rules = (...pairs: [apiGroup: string, resources: string[], names: string[]][]) =>
        pairs.map(([apiGroup, resources, resourceNames]) => ({
          apiGroups: [apiGroup],
          resources,
          resourceNames,
          verbs: ['impersonate'],
        }));
      const role = (kind: string, name: string, rulesOfRole: object[], where?: string) => ({
        apiVersion: `${rbac}/v1`,
        kind,
        metadata: { name, ...(where === undefined ? {} : { namespace: where }) },
        rules: rulesOfRole,
      });
      const bobs = { kind: 'User', name: 'bob@example.com' };
      await cluster!.admin.apply(
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer', namespace: namespace.name } },
        roleBinding(namespace.name, 'developers', 'view'),
        binding('view', 'ClusterRole', { kind: 'User', name: account }, namespace.name),
        role(
          'ClusterRole',
          `actor-${tag}`,
          rules(
            ['', ['users'], ['alice@example.com']],
            ['', ['groups'], ['developers']],
            ['authentication.k8s.io', ['uids'], ['7']],
            ['authentication.k8s.io', [`userextras/${team}`], ['shop']],
          ),
        ),
        binding(`actor-${tag}`, 'ClusterRole', bobs),
        role('Role', 'act', rules(['', ['serviceaccounts'], ['deployer']]), namespace.name),
        { ...binding('act', 'Role', bobs, namespace.name), metadata: { name: 'bob', namespace: namespace.name } },
        binding('act', 'Role', { kind: 'Group', name: 'prod-admins' }, namespace.name),
      );
      const own = await cluster!.createGatewayServiceAccount({
        name: `acting-${tag}`,
        groups,
        serviceAccounts: true,
        extraKeys: [...impersonationExtras, team],
      });
      const allowSystem = [`system:serviceaccount:${namespace.name}:*`];
      const access = { ...(await realClusterAccess()), tokenFile: own.tokenFile, impersonate: { groups, allowSystem } };
      const pod = startPod(namespace.name, 'web', 'while true; do echo line; sleep 1; done');
      gateway = await startGateway({
        mode: 'processes',
        clusters: [{ ...access, policy: policy() }],
        more: {
          streams: { recheck: '2s', grace: '4s' },
          elevations: [
            {
              name: 'deployer',
              clusters: ['*'],
              groups: ['prod-admins'],
              maxDuration: '30m',
              requesters: { groups: ['developers'] },
              approvals: 0,
              reason: 'optional',
            },
          ],
        },
      });
      [alice, bob] = [await gateway.person('alice@example.com'), await gateway.person('bob@example.com')];
      await pod;
    });
    afterAll(async () => {
      await gateway?.stop();
      await namespace?.remove();
      const { admin } = theBed().cluster!;
      for (const kind of ['clusterrolebinding', 'clusterrole'])
        await admin.tryKubectl(['delete', kind, `acting-${tag}`, `actor-${tag}`, '--ignore-not-found']);
      await admin.tryKubectl(['delete', 'serviceaccount', `acting-${tag}`, '-n', 'sallyport', '--ignore-not-found']);
    });

    const pods = () => ['get', 'pods', '-n', namespace.name];
    /** The requests that reached the cluster as this user through this gateway, with their extras. */
    const seenAs = (user: string) =>
      clusterEvents().filter(
        (event) =>
          event.impersonatedUser?.username === user &&
          event.user.username === `system:serviceaccount:sallyport:acting-${tag}`,
      ) as (ReturnType<typeof clusterEvents>[number] & {
        impersonatedUser: { uid?: string; groups?: string[]; extra?: Record<string, string[]> };
      })[];
    /** Expects kubectl to be refused with these words, and nothing to have reached the cluster as the user. */
    async function expectRefused(person: Person, args: readonly string[], says: RegExp, user?: string) {
      const before = user === undefined ? 0 : seenAs(user).length;
      const { code, stderr } = await person.tryKubectl(args);
      expect([code, stderr]).toEqual([1, expect.stringMatching(says)]);
      if (user !== undefined) expect(seenAs(user)).toHaveLength(before);
    }

    it('lists what another may do, and both logs name both', async () => {
      const target = ['--as', 'alice@example.com', '--as-group', 'developers'];
      const list = await bob!.kubectl(['auth', 'can-i', '--list', '-n', namespace.name, ...target]);
      expect(list).toMatch(/pods\/log/);
      const may = (verb: string) => bob!.tryKubectl(['auth', 'can-i', verb, 'pods', '-n', namespace.name, ...target]);
      expect([(await may('get')).stdout.trim(), (await may('delete')).stdout.trim()]).toEqual(['yes', 'no']);
      const who = JSON.parse(await bob!.kubectl(['auth', 'whoami', '-o', 'json', ...target, '--as-uid', '7'])) as {
        status: { userInfo: { username: string; uid: string; groups: string[]; extra: Record<string, string[]> } };
      };
      const { username, uid, groups: found, extra } = who.status.userInfo;
      expect([username, uid, found.toSorted()]).toEqual([
        'alice@example.com',
        '7',
        ['developers', 'system:authenticated'],
      ]);
      expect(Object.keys(extra).toSorted()).toEqual(['sallyport.dev/actor', 'sallyport.dev/session']);
      expect(extra['sallyport.dev/actor']![0]).toBe('bob@example.com');

      const [event] = await gateway.audit.await(
        ({ type, data }) =>
          type === 'k8s.request' && data.impersonatedUser?.uid === '7' && data.stage === 'ResponseComplete',
      );
      expect(event!.data).toMatchObject({
        user: { username: 'bob@example.com', uid: extra['sallyport.dev/actor']![1], groups: ['sre'] },
        impersonatedUser: { username: 'alice@example.com', groups: ['developers'] },
        sallyport: { request: { impersonate: ['user:alice@example.com', 'uid:7', 'group:developers'] } },
      });
      const theirs = await eventually('the request in the log of the cluster', () =>
        seenAs('alice@example.com').find(({ auditID }) => auditID === event!.data.auditID),
      );
      expect(theirs.impersonatedUser.extra?.['sallyport.dev/actor']).toEqual(extra['sallyport.dev/actor']);
    });

    it('acts as a ServiceAccount, whose groups the API server adds', async () => {
      expect(await bob!.kubectl([...pods(), '--as', account])).toContain('web');
      const { impersonatedUser } = await eventually('the request in the log', () => seenAs(account)[0]);
      expect(impersonatedUser.groups).toContain(`system:serviceaccounts:${namespace.name}`);
      await expectRefused(
        bob!,
        ['delete', 'pod', 'web', '-n', namespace.name, '--as', account],
        /cannot delete resource/,
      );
    });

    it('is explained, and asked for by can-i, with the same options', async () => {
      const where = [
        '-n',
        namespace.name,
        '--gateway',
        gateway.url,
        '--cluster',
        gateway.clusterUrl().split('/').at(-1)!,
      ];
      const explain = async (person: Person) => {
        const asked = ['policy', 'explain', 'get', 'pods', ...where, '--as', account, '-o', 'json'];
        const { code, stdout, stderr } = await person.cli(asked);
        expect([code, stderr]).toEqual([0, '']);
        return JSON.parse(stdout) as { decision: { effect: string }; upstream?: { user: string } };
      };
      expect(await explain(bob!)).toMatchObject({ decision: { effect: 'allow' }, upstream: { user: account } });
      expect(await explain(alice!)).toMatchObject({ decision: { effect: 'deny' } });
      const canI = async (person: Person, verb: string, user: string) => {
        const { code, stdout } = await person.cli(['can-i', verb, 'pods', ...where, '--as', user, '-o', 'json']);
        const { gateway: ours, cluster } = JSON.parse(stdout) as Record<string, { allowed: boolean } | null>;
        return [code === 0, ours?.allowed, cluster?.allowed];
      };
      expect(await canI(bob!, 'get', account)).toEqual([true, true, true]);
      expect(await canI(bob!, 'delete', account)).toEqual([false, true, false]);
      expect(await canI(bob!, 'get', 'carol@example.com')).toEqual([false, true, false]);
      expect((await canI(alice!, 'get', account)).slice(0, 2)).toEqual([false, false]);
    });

    it('needs the policy: a rule that does not name it lets no one act as another', async () => {
      const words = /does not allow alice@example.com to .* as "user:bob@example.com".*k8s\/impersonate/;
      await expectRefused(alice!, ['auth', 'can-i', '--list', '--as', 'bob@example.com'], words, 'bob@example.com');
      await expectRefused(alice!, [...pods(), '--as', account], /k8s\/impersonate/, account);
      await expectRefused(alice!, [...pods(), '--as', 'alice@example.com'], /k8s\/impersonate/);
    });

    it('needs the RBAC of the cluster, for every name', async () => {
      const refused = (what: string) => new RegExp(`RBAC of cluster .* does not allow you to impersonate ${what}`);
      await expectRefused(bob!, [...pods(), '--as', 'carol@example.com'], refused('users "carol'), 'carol@example.com');
      const alices = ['--as', 'alice@example.com'];
      await expectRefused(bob!, [...pods(), ...alices, '--as-group', 'prod-admins'], refused('groups "prod-admins"'));
      await expectRefused(bob!, [...pods(), ...alices, '--as-uid', '8'], refused('uids "8"'));
      await expectRefused(
        bob!,
        [...pods(), '--as', `${account}2`],
        refused('serviceaccounts "deployer2"'),
        `${account}2`,
      );
      const extra = async (value: string) =>
        (
          await gateway.request(`${new URL(gateway.clusterUrl()).pathname}/api/v1/namespaces/${namespace.name}/pods`, {
            token: (await gateway.login('bob@example.com')).token,
            headers: as('alice@example.com', {
              'Impersonate-Group': 'developers',
              'Impersonate-Extra-Example.com%2Fteam': value,
            }),
          })
        ).status;
      expect([await extra('shop'), await extra('bank')]).toEqual([200, 403]);
    });

    it('is refused where the settings of the cluster hold a name back', async () => {
      const alices = ['--as', 'alice@example.com'];
      await expectRefused(bob!, [...pods(), ...alices, '--as-group', 'security'], /"security" is not sent/);
      await expectRefused(bob!, [...pods(), ...alices, '--as-group', 'system:masters'], /"system:masters" is not sent/);
      for (const user of ['system:admin', 'system:serviceaccount:kube-system:default', 'System:Masters'])
        await expectRefused(bob!, [...pods(), '--as', user], /is reserved for Kubernetes|does not name/, user);
    });

    it('is not joined by extras of the gateway or of Kubernetes, nor by other spellings', async () => {
      const { token } = await gateway.login('bob@example.com');
      const path = `${new URL(gateway.clusterUrl()).pathname}/api/v1/namespaces/${namespace.name}/pods`;
      const status = async (headers: Record<string, string>) =>
        (await gateway.request(path, { token, headers })).status;
      const extras = ['sallyport.dev%2Factor', '%73allyport.dev%2Factor', 'authentication.kubernetes.io%2Fpod-name'];
      for (const key of extras)
        expect([key, await status(as('alice@example.com', { [`Impersonate-Extra-${key}`]: 'x' }))]).toEqual([key, 403]);
      for (const name of ['Impersonate_User', 'Impersonate.User', 'X-Remote-User'])
        expect([name, await status(as('alice@example.com', { [name]: 'root' }))]).toEqual([name, 403]);
      expect(await status(as('alice@example.com', { 'Impersonate-Group': 'developers' }))).toBe(200);
      expect(await status({ 'Impersonate-Group': 'developers' })).toBe(400);
    });

    /** Opens a log as the ServiceAccount. Returns what waits for its end, in milliseconds after `end`. */
    async function openLog(person: Person) {
      const log = person.startKubectl(['logs', '-f', 'web', '-n', namespace.name, '--as', account]);
      await log.says(/line/);
      const ended = log.ended.then(() => Date.now());
      return async (end: () => Promise<number>) => {
        const [at, due] = await Promise.all([ended, end()]);
        return at - due;
      };
    }

    it('can come from an elevation, and ends with it', async () => {
      await expectRefused(alice!, [...pods(), '--as', account], /k8s\/impersonate/, `${account}x`);
      const cluster = gateway.clusterUrl().split('/').at(-1)!;
      const ask = ['elevate', 'deployer', '--gateway', gateway.url, '--cluster', cluster, '--for', '30m', '-o', 'json'];
      const { code, stdout, stderr } = await startCli(ask, { home: alice!.home }).ended;
      expect([code, stderr]).toEqual([0, '']);
      const { id } = JSON.parse(stdout) as { id: string };
      expect(await alice!.kubectl([...pods(), '--as', account])).toContain('web');
      await eventually('the elevation and the actor in the log of the cluster', () =>
        seenAs(account).some(
          ({ impersonatedUser: { extra } }) =>
            extra?.['sallyport.dev/elevation']?.[0] === id && extra['sallyport.dev/actor']?.[0] === 'alice@example.com',
        ),
      );
      // The group of the elevation is no name that she may act with: neither the policy nor the RBAC says so.
      await expectRefused(alice!, [...pods(), '--as', account, '--as-group', 'prod-admins'], /k8s\/impersonate/);
      const ends = await openLog(alice!);
      const late = await ends(async () => {
        expect(await alice!.cli(['elevations', 'revoke', id])).toMatchObject({ code: 0 });
        return Date.now();
      });
      process.stderr.write(`from the end of an elevation to the end of a log as another: ${late} ms\n`);
      expect(late).toBeLessThan(10_000);
      await expectRefused(alice!, [...pods(), '--as', account], /k8s\/impersonate/);
    });

    it('ends when the policy no longer allows it', async () => {
      const ends = await openLog(bob!);
      let restore = () => {};
      const late = await ends(async () => {
        restore = gateway.reconfigure((config) => {
          (config.clusters as { policy: unknown }[])[0]!.policy = policy().slice(0, 1);
        });
        return Date.now();
      });
      process.stderr.write(`from a change of the policy to the end of a log as another: ${late} ms\n`);
      await expectRefused(bob!, [...pods(), '--as', account], /k8s\/impersonate/);
      restore();
      await eventually('the policy', async () => (await bob!.tryKubectl([...pods(), '--as', account])).code === 0);
    });

    it('ends when the RBAC of the cluster no longer allows it', async () => {
      const ends = await openLog(bob!);
      const late = await ends(async () => {
        await theBed().cluster!.admin.kubectl(['delete', 'rolebinding', 'bob', '-n', namespace.name]);
        return Date.now();
      });
      process.stderr.write(`from a change of the RBAC to the end of a log as another: ${late} ms\n`);
      // The recheck of this gateway (2 s), and the five seconds for which an answer of the cluster is used.
      expect(late).toBeLessThan(10 * 7000);
      await expectRefused(bob!, [...pods(), '--as', account], /RBAC of cluster/);
    });

    it('leaves nothing in one log that is not in the other', async () => {
      const { lost, leaked, unknown } = await joinAuditLogs(gateway);
      expect({ lost, leaked, unknown }).toEqual({ lost: [], leaked: [], unknown: [] });
    });
  },
);
