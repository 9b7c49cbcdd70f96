import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  createNamespace,
  describeWith,
  dumpRedis,
  eventually,
  realClusterAccess,
  roleBinding,
  startGateway,
  theBed,
  type Gateway,
  type Person,
  type TestNamespace,
} from '../harness/index.ts';
import { openEveryKind, startStreamPods, whenEnded, type EndedStream } from '../streams/open-streams.ts';
import { createScimClient, makeScimToken } from './scim-client.ts';

/** Streams end within a second of the push that ends their permission. A busy machine gets ten. */
const inTime = 10_000;
/** Members of sre may do anything. Everyone else may ask who they are. */
const policy = [
  { allow: { or: [{ groups: 'sre' }] } },
  { allow: { and: [{ authenticated_user: true }, { 'k8s/resource': 'selfsubjectreviews.authentication.k8s.io' }] } },
];
const [alice, bob] = ['alice@example.com', 'bob@example.com'] as const;

describeWith(
  ['node', 'redis', 'kafka', 'postgres', 'kubectl'],
  'people and groups that are pushed with SCIM, through four processes',
  () => {
    const { token, entry } = makeScimToken('okta');
    let gateway: Gateway;
    let scim: ReturnType<typeof createScimClient>;
    let namespace: TestNamespace;
    let [aliceId, sreId]: string[] = [];
    beforeAll(async () => {
      namespace = await createNamespace();
      await theBed().cluster!.admin.apply(roleBinding(namespace.name, 'sre', 'edit'));
      const pods = startStreamPods(namespace.name);
      gateway = await startGateway({
        mode: 'processes',
        clusters: [await realClusterAccess()],
        policy,
        more: { streams: { drain: '0s' } },
        provider: { groupSources: ['scim', 'claims'] },
        sources: [{ kind: 'scim', tokens: [entry] }],
      });
      scim = createScimClient(gateway, token);
      await pods;
    });
    afterAll(async () => {
      await gateway?.stop();
      await namespace?.remove();
    });

    const pods = (person: Person) => person.tryKubectl(['get', 'pods', '-n', namespace.name]);
    const whoami = async (person: Person) =>
      (
        JSON.parse(await person.kubectl(['auth', 'whoami', '-o', 'json'])) as {
          status: { userInfo: { groups: string[] } };
        }
      ).status.userInfo.groups.filter((group) => !group.startsWith('system:'));
    const allInTime = (ended: readonly EndedStream[]) =>
      expect(ended.filter(({ ms }) => ms < -1000 || ms > inTime)).toEqual([]);

    it('a pushed group applies to the next request of a person who is logged in', async () => {
      const person = await gateway.person(alice);
      expect(await whoami(person)).toEqual(['developers']);
      expect((await pods(person)).code).not.toBe(0);
      aliceId = await scim.user(alice, { externalId: '00uA' });
      sreId = await scim.group('sre', [aliceId]);
      expect(await whoami(person)).toEqual(['sre']);
      expect(await pods(person)).toMatchObject({ code: 0, stdout: expect.stringContaining('talker') });
      expect(JSON.parse((await person.cli(['whoami', '-o', 'json'])).stdout)).toMatchObject({
        user: alice,
        groups: ['sre'],
      });
    });

    it('a removed group cuts open streams that needed it, and refuses new requests', async () => {
      const person = await gateway.person(alice);
      const streams = await openEveryKind(person, namespace.name);
      let pushedAt = 0;
      const ending = whenEnded(streams, 'from the push that takes a group away to the end of streams', () => pushedAt);
      pushedAt = Date.now();
      await scim.patch(`/Groups/${sreId}`, { op: 'remove', path: `members[value eq "${aliceId}"]` });
      allInTime(await ending);
      for (const { command } of streams) await command.stop();
      expect((await pods(person)).code).not.toBe(0);
      expect(JSON.parse((await person.cli(['whoami', '-o', 'json'])).stdout)).toMatchObject({
        user: alice,
        groups: [],
      });
      await scim.patch(`/Groups/${sreId}`, { op: 'add', path: 'members', value: [{ value: aliceId }] });
      expect((await pods(person)).code).toBe(0);
    });

    it('a deactivated person is locked out: streams are cut, requests and logins refused', async () => {
      const person = await gateway.person(alice);
      const other = await gateway.person(bob);
      const { token: live } = await gateway.login(alice);
      const streams = await openEveryKind(person, namespace.name);
      let pushedAt = 0;
      const ending = whenEnded(
        streams,
        'from the push that deactivates somebody to the end of their streams',
        () => pushedAt,
      );
      pushedAt = Date.now();
      await scim.patch(`/Users/${aliceId}`, { op: 'Replace', path: 'active', value: 'False' });
      const answered = Date.now();
      expect((await gateway.request('/clusters/dev/api', { token: live })).status).toBe(401);
      process.stderr.write(
        `measured: the push that deactivates was answered after ${answered - pushedAt} ms, and the next request was refused\n`,
      );
      allInTime(await ending);
      for (const { command } of streams) await command.stop();
      expect(await person.cli(['whoami'])).toMatchObject({ code: 3 });
      await expect(gateway.login(alice)).rejects.toThrow('deactivated');
      expect((await pods(other)).code).toBe(0);
      await scim.patch(`/Users/${aliceId}`, { op: 'Replace', path: 'active', value: 'True' });
      expect((await gateway.login(alice)).identity).toMatchObject({ user: alice, groups: ['sre'] });
    });

    it('the audit log names the token of each change, and never contains the token', async () => {
      const events = await gateway.audit.await((record) => record.type === 'directory.changed', 6);
      expect(
        events.every(({ data }) => data.user.username === 'directory:okta' && data.sallyport.directory?.by === 'okta'),
      ).toBe(true);
      expect(
        events.map(
          ({
            data: {
              verb,
              sallyport: { directory },
            },
          }) => [verb, directory!.kind, directory!.name, directory!.added ?? directory!.removed ?? directory!.active],
        ),
      ).toEqual(
        expect.arrayContaining([
          ['create', 'Group', 'sre', [alice]],
          ['update', 'Group', 'sre', [alice]],
          ['update', 'User', alice, false],
        ]),
      );
      await gateway.audit.await(
        (record) => record.type === 'session.ended' && record.data.responseStatus?.message === 'deactivated',
      );
      const everything = await dumpRedis(gateway.redis!.client);
      expect(everything).toContain('00uA');
      expect(everything + JSON.stringify(gateway.events())).not.toContain(token);
    });

    it('a service that exits in between loses nothing: pushed data stays, and pending work is done', async () => {
      const person = await gateway.stranger(bob);
      await person.login();
      const bobId = await scim.user(bob);
      await scim.patch(`/Groups/${sreId}`, { op: 'add', path: 'members', value: [{ value: bobId }] });
      await gateway.processes!.stop('authenticate', 'SIGKILL');
      expect((await pods(person)).code).toBe(0);
      await gateway.processes!.start('authenticate');
      const { json } = await scim.send('GET', `/Groups/${sreId}`);
      expect((json() as { members: unknown[] }).members).toHaveLength(2);
      await scim.patch(`/Users/${bobId}`, { op: 'replace', value: { active: false } });
      await eventually('bob to be locked out', async () => (await person.cli(['whoami'])).code === 3);
    });

    it('a caller without a token is refused, whatever other credentials they have', async () => {
      const { token: live } = await gateway.login('carol@example.com');
      for (const credential of [undefined, 'wrong', live]) {
        const { status, headers, json } = await gateway.request(
          '/.sallyport/scim/v2/Users',
          credential === undefined ? {} : { token: credential },
        );
        expect([status, headers['www-authenticate'], headers['content-type']]).toEqual([
          401,
          'Bearer realm="sallyport-scim"',
          'application/scim+json; charset=utf-8',
        ]);
        expect(json()).toMatchObject({ schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '401' });
      }
      expect((await gateway.request('/clusters/dev/api', { token })).status).toBe(401);
      expect((await gateway.request('/.sallyport/api/v1/sessions', { token })).status).toBe(401);
    });
  },
);
