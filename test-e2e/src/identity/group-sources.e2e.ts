import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  describeWith,
  eventually,
  startGateway,
  startPractice,
  type Gateway,
  type Person,
  type PracticeAccess,
} from '../harness/index.ts';
import { startDirectoryApis } from './directory-apis.ts';
import { createScimClient, makeScimToken } from './scim-client.ts';

const alice = 'alice@example.com';
const everybody = [{ allow: { or: [{ authenticated_user: true }] } }];

describeWith(['kubectl'], 'groups from all sources, through one process to the practice cluster', () => {
  const { token, entry } = makeScimToken('pusher');
  const bob = { user: 'bob@example.com', password: 'bob', groups: ['from-userinfo'], inUserInfo: ['groups'] };
  const people = [
    bob,
    {
      user: alice,
      password: 'alice',
      groups: ['from-claims'],
      claims: { login: 'octocat', oid: '11111111-2222-3333-4444-555555555555', _claim_names: { groups: 'src1' } },
    },
  ];
  let directory: string;
  let practice: PracticeAccess;
  let apis: Awaited<ReturnType<typeof startDirectoryApis>>;
  const gateways: Gateway[] = [];
  const file = () => path.join(directory, 'people.yaml');
  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'sallyport-sources-'));
    writeFileSync(file(), `people:\n  ${alice}: ["from-map, with a comma"]\n`);
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    writeFileSync(
      path.join(directory, 'google.json'),
      JSON.stringify({ client_email: 'robot@project.iam.gserviceaccount.com', private_key: privateKey }),
    );
    practice = await startPractice();
    apis = await startDirectoryApis({
      login: alice,
      groupOf: { okta: 'from-okta', github: 'from-github', google: 'from-google@example.com' },
      memberObjects: ['from-entra'],
    });
  });
  afterAll(async () => {
    for (const gateway of gateways) await gateway.stop();
    await apis?.stop();
    await practice?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const open = async (sources: Record<string, unknown>[], provider: Record<string, unknown>) => {
    const gateway = await startGateway({
      mode: 'embedded',
      clusters: [practice.access],
      policy: everybody,
      people,
      sources,
      provider,
    });
    gateways.push(gateway);
    return gateway;
  };
  const whoami = async (person: Person) =>
    (
      JSON.parse(await person.kubectl(['auth', 'whoami', '-o', 'json'])) as {
        status: { userInfo: { groups: string[] } };
      }
    ).status.userInfo.groups.filter((group) => !group.startsWith('system:'));
  const kinds = () => ({
    map: { kind: 'map', file: file() },
    okta: {
      kind: 'okta',
      url: `${apis.url}/okta`,
      token: 'okta-token',
      allowInsecure: true,
      match: { claim: 'email', attribute: 'login' },
    },
    github: {
      kind: 'github',
      url: `${apis.url}/github`,
      token: 'github-token',
      allowInsecure: true,
      organizations: ['acme'],
      match: { claim: 'login', attribute: 'login' },
    },
    google: {
      kind: 'google',
      url: `${apis.url}/google`,
      tokenUrl: `${apis.url}/google/token`,
      serviceAccountFile: path.join(directory, 'google.json'),
      admin: 'admin@example.com',
      allowInsecure: true,
      match: { claim: 'email', attribute: 'email' },
    },
    scim: { kind: 'scim', tokens: [entry] },
  });

  it('kubectl auth whoami shows the groups of all sources together', async () => {
    const gateway = await open(Object.values(kinds()), {
      groupSources: ['claims', 'map', 'okta', 'github', 'google', 'scim'],
      combineGroups: 'merge',
    });
    const scim = createScimClient(gateway, token);
    const id = await scim.user(alice);
    await scim.group('from-scim', [id]);
    await scim.group('system:masters', [id]);
    const person = await eventually('the directories to be read', () => gateway.person(alice).catch(() => undefined));
    expect((await whoami(person)).toSorted()).toEqual([
      'acme',
      'acme/from-github',
      'from-claims',
      'from-google@example.com',
      'from-map, with a comma',
      'from-okta',
      'from-scim',
    ]);
    // Names that are reserved by Kubernetes are sent to no cluster, whichever source they come from.
    expect(await person.kubectl(['auth', 'whoami', '-o', 'json'])).not.toContain('system:masters');
    writeFileSync(file(), `groups:\n  from-the-next-map: [${alice}]\n`);
    await eventually('the new file to apply', async () => (await whoami(person)).includes('from-the-next-map'));
    expect(await whoami(person)).not.toContain('from-map, with a comma');
  });

  it('only the first source that knows a person decides, with one process as with four', async () => {
    const gateway = await open([kinds().scim], { groupSources: ['scim', 'claims'] });
    const scim = createScimClient(gateway, token);
    const person = await gateway.person(alice);
    expect(await whoami(person)).toEqual(['from-claims']);
    const id = await scim.user(alice);
    // These groups may read pods there.
    await scim.group('developers', [id]);
    expect(await whoami(person)).toEqual(['developers']);
    const watch = person.startKubectl(['get', 'pods', '-n', 'dev', '-w']);
    await watch.says(/^NAME/m);
    const pushedAt = Date.now();
    await scim.patch(`/Users/${id}`, { op: 'replace', path: 'active', value: false });
    await watch.ended;
    const took = Date.now() - pushedAt;
    process.stderr.write(
      `measured: from the push that deactivates somebody to the end of their watch, in one process: ${took} ms\n`,
    );
    expect(took).toBeLessThan(10_000);
    expect(await person.cli(['whoami'])).toMatchObject({ code: 3 });
    await expect(gateway.login(alice)).rejects.toThrow('deactivated');
  });

  it('groups that are not in the token come from UserInfo, unless it is disabled', async () => {
    const gateway = await open([], {});
    expect(await whoami(await gateway.person(bob.user))).toEqual(['from-userinfo']);
    const other = await open([], { userInfo: 'never' });
    expect(await whoami(await other.person(bob.user))).toEqual([]);
  });

  it('groups of Entra come from Microsoft Graph if the token only states that there are too many', async () => {
    const entra = {
      kind: 'entra',
      tenant: 'example.com',
      clientId: 'graph',
      clientSecret: 'graph-secret',
      url: `${apis.url}/graph`,
      loginUrl: `${apis.url}/entra`,
      allowInsecure: true,
      groupsClaim: 'groups',
    };
    const gateway = await open([{ ...entra, when: 'always' }], { groupSources: ['entra'] });
    expect(await whoami(await gateway.person(alice))).toEqual(['from-entra']);
  });
});
