import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  describeWith,
  startGateway,
  startPractice,
  type Gateway,
  type HttpAnswer,
  type Person,
  type PracticeAccess,
} from '../harness/index.ts';

// Every question starts the command line.

const clusters = {
  dev: [
    { allow: { or: [{ groups: 'developers' }, { groups: 'sre' }] } },
    { deny: { and: [{ groups: { exclude: 'sre' } }, { 'k8s/namespace': 'prod' }, { 'k8s/shell_equivalent': true }] } },
    { allow: { and: [{ email: 'zoe@example.com' }, { 'claim/department': 'secret-project' }] } },
  ],
  hidden: [{ allow: { and: [{ groups: 'sre' }, { 'k8s/namespace': 'hidden-namespace' }] } }],
  told: [{ allow: { and: [{ groups: 'sre' }, { 'k8s/verb': ['get'] }] } }],
};

describeWith(
  ['kubectl'],
  'answers to "why?", by one process on embedded stores in front of the practice cluster',
  () => {
    let practice: PracticeAccess;
    let gateway: Gateway;
    const tokens: Record<string, string> = {};
    beforeAll(async () => {
      practice = await startPractice();
      const { access } = practice;
      gateway = await startGateway({
        mode: 'embedded',
        clusters: [
          { ...access, policy: clusters.dev },
          { ...access, name: 'hidden', policy: clusters.hidden },
          { ...access, name: 'told', policy: clusters.told, explain: true },
        ],
      });
      for (const name of ['alice', 'carol', 'mallory'])
        tokens[name] = (await gateway.login(`${name}@example.com`)).token;
    });
    afterAll(async () => {
      await practice?.stop();
      await gateway?.stop();
    });

    const ask = (who: string | undefined, question: object): Promise<HttpAnswer> =>
      gateway.request('/.sallyport/api/v1/policy/explain', {
        method: 'POST',
        body: JSON.stringify(question),
        headers: { 'content-type': 'application/json' },
        ...(who === undefined ? {} : { token: tokens[who] ?? who }),
      });
    const exec = (namespace: string, cluster = 'dev') => ({
      cluster,
      verb: 'create',
      resource: 'pods',
      subresource: 'exec',
      namespace,
      name: 'web',
    });
    /** Values in the cluster's policies that other people must not learn. */
    const secrets = /sre|zoe|department|secret-project|hidden-namespace/;

    describe('alice', () => {
      let alice: Person;
      beforeAll(async () => {
        alice = await gateway.person('alice@example.com');
      });
      const explain = (...args: string[]) =>
        alice.cli(['policy', 'explain', 'exec', 'pods/web', '--cluster', 'dev', ...args]);

      it('sees why exec is allowed in dev, and is allowed', async () => {
        const { code, stdout, stderr } = await explain('-n', 'dev');
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        process.stderr.write(`\n$ sallyport policy explain exec pods/web -n dev --cluster dev\n${stdout}`);
        expect(stdout).toMatch(
          /^ALLOWED: alice@example\.com may create pods\/exec "web" in namespace "dev" of cluster "dev"\.\nDecided by rule cluster\/dev\[0\]\.allow\.or of policy [0-9a-f]{16}\.\n/,
        );
        expect(stdout).toContain(
          '  cluster/dev[0].allow.or ALLOWS it: this holds\n    holds  groups  you have: developers\n',
        );
        expect(stdout).toContain('At the cluster: user alice@example.com, groups developers.');
        expect(stdout).toContain(
          'To check both, run: sallyport can-i create pods/web --subresource exec -n dev --cluster dev',
        );
        expect(stdout).not.toMatch(secrets);
        expect((await alice.tryKubectl(['exec', 'web', '-n', 'dev', '--', 'true'])).code).toBe(0);
      });

      it('sees why it is refused in prod and what would change that, and is refused by that rule', async () => {
        const { code, stdout } = await explain('-n', 'prod');
        expect(code).toBe(0);
        process.stderr.write(`\n$ sallyport policy explain exec pods/web -n prod --cluster dev\n${stdout}`);
        expect(stdout).toMatch(
          /^REFUSED: alice@example\.com may not create pods\/exec "web" in namespace "prod" of cluster "dev"\.\nDecided by rule cluster\/dev\[1\]\.deny\.and /,
        );
        expect(stdout).toContain(
          '  cluster/dev[1].deny.and DENIES it: all of these hold\n  > holds  groups                you have: developers\n  > holds  k8s/namespace         request: prod\n  > holds  k8s/shell_equivalent  request: true\n',
        );
        expect(stdout).toMatch(
          /you would have to ask for another namespace \(k8s\/namespace is prod\)[\s\S]*give them these details: user alice@example\.com, rule cluster\/dev\[1\]\.deny\.and, policy [0-9a-f]{16}\./,
        );
        expect(stdout).not.toMatch(secrets);
        const refused = await alice.tryKubectl(['exec', 'web', '-n', 'prod', '--', 'true']);
        expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('cluster/dev[1].deny.and') });
      });

      it('sees in can-i what the gateway and the cluster decide', async () => {
        const canI = (...args: string[]) => alice.cli(['can-i', ...args, '--cluster', 'dev']);
        expect(await canI('exec', 'pods/web', '-n', 'dev')).toMatchObject({
          code: 0,
          stdout: expect.stringMatching(/^yes\n {2}gateway's policy: yes .*\n {2}cluster's RBAC: {3}yes/),
        });
        expect(await canI('exec', 'pods/web', '-n', 'prod')).toMatchObject({
          code: 1,
          stdout: expect.stringMatching(
            /^no\n {2}gateway's policy: no - policy rule "cluster\/dev\[1\]\.deny\.and" .*\n {2}cluster's RBAC: {3}no\n {2}why: sallyport policy explain /,
          ),
        });
        expect(await canI('delete', 'pods/web', '-n', 'prod')).toMatchObject({
          code: 1,
          stdout: expect.stringMatching(/^no\n {2}gateway's policy: yes .*\n {2}cluster's RBAC: {3}no/),
        });
        expect(await canI('list', 'pods', '-n', 'dev', '-q')).toEqual(
          expect.objectContaining({ code: 0, stdout: '', stderr: '' }),
        );
      });

      it('gets a table of what both allow', async () => {
        const { code, stdout } = await alice.cli(['can-i', '--list', '-n', 'prod', '--cluster', 'dev']);
        expect(code).toBe(0);
        expect(stdout).toMatch(/^pods +yes +yes +yes +policy +policy +policy +policy$/m);
        expect(stdout).toMatch(/^pods\/exec +-$/m);
        expect((await alice.cli(['can-i', '--list', '-n', 'dev', '--cluster', 'hidden'])).code).toBe(5);
        expect(await alice.cli(['can-i', '--list', '-n', 'dev', '--cluster', 'none'])).toMatchObject({
          code: 5,
          stdout: '',
        });
      });

      it('may not ask about another person', async () => {
        expect(await explain('-n', 'dev', '--user', 'bob@example.com')).toMatchObject({
          code: 5,
          stdout: '',
          stderr: expect.stringContaining('api.policy.policy'),
        });
      });
    });

    it('carol, who may see the policy, sees every rule about any person, by their groups or from their session', async () => {
      const carol = await gateway.person('carol@example.com');
      const { code, stdout } = await carol.cli([
        'policy',
        'explain',
        'exec',
        'pods/web',
        '-n',
        'prod',
        '--cluster',
        'dev',
        '--user',
        'alice@example.com',
      ]);
      expect(code).toBe(0);
      expect(stdout).toContain('they have: developers  rule: {"exclude":"sre"}');
      expect(stdout).toContain('rule: "secret-project"');
      const assumed = await carol.cli([
        'policy',
        'explain',
        'get',
        'pods',
        '-n',
        'hidden-namespace',
        '--cluster',
        'hidden',
        '--user',
        'x',
        '--groups',
        'sre',
        '-o',
        'json',
      ]);
      expect(JSON.parse(assumed.stdout)).toMatchObject({
        decision: { effect: 'allow' },
        shows: 'all',
        person: { user: 'x', other: true },
      });
    });

    describe('A47: a curious person', () => {
      it('who is not logged in learns nothing about any cluster, whatever they ask', async () => {
        const questions = ['dev', 'hidden', 'told', 'none'].flatMap((cluster) => [
          exec('dev', cluster),
          { cluster, path: '/api' },
          { ...exec('dev', cluster), about: { user: 'alice@example.com' } },
          { cluster, verb: 'bind', resource: 'pods' },
          { cluster },
        ]);
        for (const who of [undefined, `spt_${'A'.repeat(43)}`]) {
          const answers = await Promise.all(questions.map((question) => ask(who, question)));
          expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
          expect(answers[0]!.status).toBe(401);
        }
      });

      it('who is logged in learns what kubectl tells them, and no rule, if none of a cluster concerns them', async () => {
        const mallory = await gateway.person('mallory@example.com');
        const told = async (cluster: string, namespace: string) =>
          /(policy rule|There is no cluster).*/.exec(
            (
              await gateway.request(`/clusters/${cluster}/api/v1/namespaces/${namespace}/pods`, {
                token: tokens['mallory']!,
              })
            ).json().message as string,
          )![0];
        for (const cluster of ['dev', 'hidden', 'none'])
          for (const namespace of ['dev', 'prod', 'hidden-namespace']) {
            const answer = await ask('mallory', { cluster, verb: 'list', resource: 'pods', namespace });
            expect([answer.status, answer.json().detail]).toEqual([404, await told(cluster, namespace)]);
            expect(answer.text).toContain(`There is no cluster \\"${cluster}\\" that you may use`);
            expect(await mallory.cli(['can-i', 'list', 'pods', '-n', namespace, '--cluster', cluster])).toMatchObject({
              code: 1,
              stdout: expect.stringContaining(`no - ${await told(cluster, namespace)}\n`),
            });
          }
        const [hidden, none] = await Promise.all(
          ['hidden', 'none'].map((cluster) => mallory.cli(['policy', 'explain', 'list', 'pods', '--cluster', cluster])),
        );
        expect(JSON.parse(JSON.stringify(hidden).replaceAll('hidden', 'none'))).toEqual(none);
      });

      it('cannot find out what a rule about others requires', async () => {
        for (const namespace of ['hidden-namespace', 'x']) {
          const [answer, none] = await Promise.all(
            ['hidden', 'none'].map((cluster) => ask('alice', exec(namespace, cluster))),
          );
          expect(answer!.status).toBe(404);
          expect(answer!.text.replaceAll('hidden', 'none')).toBe(none!.text);
        }
        const own = await ask('alice', exec('prod'));
        expect(own.status).toBe(200);
        expect(own.text).not.toMatch(secrets);
      });

      it('cannot ask about others, even if everyone may see the policy', async () => {
        for (const cluster of ['dev', 'told', 'none'])
          expect(
            (await ask('mallory', { ...exec('dev', cluster), about: { user: 'alice@example.com', groups: ['sre'] } }))
              .status,
          ).toBe(403);
        expect((await ask('mallory', { ...exec('dev', 'told'), verb: 'get' })).json()).toMatchObject({
          shows: 'all',
          decision: { effect: 'deny' },
        });
      });

      it('who sends forms, escape codes and too much data is clearly refused', async () => {
        const post = (body: string, type = 'application/json') =>
          gateway.request('/.sallyport/api/v1/policy/explain', {
            method: 'POST',
            body,
            headers: { 'content-type': type },
            token: tokens['mallory']!,
          });
        expect((await post('cluster=dev', 'application/x-www-form-urlencoded')).status).toBe(415);
        expect((await post('{')).status).toBe(400);
        expect((await post(JSON.stringify({ ...exec('dev'), name: 'x'.repeat(200_000) }))).status).toBe(413);
        const odd = await post(JSON.stringify({ ...exec('dev', '\u001b[2Jdev') }));
        expect(odd.status).toBe(404);
        expect(odd.text).not.toMatch(/[\u0000-\u001f]\[2J/);
      });
    });

    it('records an event for every question: who asked what about whom, and the result', async () => {
      await ask('mallory', exec('dev', 'hidden'));
      await ask('carol', { ...exec('prod'), about: { user: 'alice@example.com', groups: ['developers'] } });
      // Other tests have asked before, so that there are two events before these.
      for (const [user, cluster] of [
        ['mallory@example.com', 'hidden'],
        ['carol@example.com', 'dev'],
      ] as const)
        await gateway.audit.await(
          ({ data }) =>
            data.user.username === user &&
            data.sallyport.explained?.cluster === cluster &&
            data.sallyport.explained.resource === 'pods/exec',
        );
      const events = await gateway.audit.await(
        ({ type, data }) =>
          type === 'http.request' &&
          data.requestURI === '/.sallyport/api/v1/policy/explain' &&
          data.sallyport.explained !== undefined,
        2,
      );
      expect(
        events.map(({ data }) => ({
          user: data.user.username,
          code: data.responseStatus?.code,
          explained: data.sallyport.explained,
        })),
      ).toEqual(
        expect.arrayContaining([
          {
            user: 'mallory@example.com',
            code: 404,
            explained: {
              cluster: 'hidden',
              verb: 'create',
              resource: 'pods/exec',
              namespace: 'dev',
              name: 'web',
            },
          },
          {
            user: 'carol@example.com',
            code: 200,
            explained: {
              cluster: 'dev',
              verb: 'create',
              resource: 'pods/exec',
              namespace: 'prod',
              name: 'web',
              about: 'alice@example.com',
              effect: 'deny',
              rule: 'cluster/dev[1].deny.and',
              shows: 'all',
            },
          },
          {
            user: 'alice@example.com',
            code: 200,
            explained: {
              cluster: 'dev',
              verb: 'create',
              resource: 'pods/exec',
              namespace: 'dev',
              name: 'web',
              effect: 'allow',
              rule: 'cluster/dev[0].allow.or',
              shows: 'yours',
            },
          },
        ]),
      );
      const anonymous = await gateway.audit.await(
        ({ type, data }) =>
          type === 'http.request' &&
          data.requestURI === '/.sallyport/api/v1/policy/explain' &&
          data.responseStatus?.code === 401,
      );
      expect(anonymous[0]!.data.sallyport.explained).toBeUndefined();
    });
  },
);
