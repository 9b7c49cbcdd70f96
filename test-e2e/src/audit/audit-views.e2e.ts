import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  describeWith,
  eventually,
  startCli,
  startGateway,
  startPractice,
  type Gateway,
  type PracticeAccess,
} from '../harness/index.ts';

type Row = {
  type: string;
  data: { auditID: string; user: { username?: string }; sallyport: { cluster?: { name: string } } };
};
type Line = Row['data'] & { cloudEvent?: { type: string } };

const alice = 'alice@example.com';
/** Who may see the trail of which cluster. */
const auditors = [
  ['dora@example.com', 'dev', 'prod'],
  ['paul@example.com', 'prod', 'dev'],
] as const;

describeWith(['redis', 'kafka', 'postgres'], 'two auditors who may see different clusters', () => {
  let [gateway, practice]: [Gateway, PracticeAccess] = [undefined!, undefined!];
  const ofCluster: Record<string, string> = {};
  let token = '';
  const cli = async (user: string, ...args: string[]) => (await gateway.person(user)).cli(['audit', ...args]);
  const ask = async (cluster: string) => gateway.request(`/clusters/${cluster}/api/v1/namespaces/dev/pods`, { token });
  const search = async (user: string, ...args: string[]) => {
    const { code, stdout, stderr } = await cli(user, 'search', '--stages', '--limit', '1000', '-o', 'json', ...args);
    if (code !== 0) throw new Error(stderr);
    return (JSON.parse(stdout) as { events: Row[] }).events;
  };
  /** Returns the clusters of the events of others. */
  const seen = (events: readonly Row['data'][], me: string) => [
    ...new Set(
      events.filter(({ user }) => user.username !== me).map(({ sallyport }) => sallyport.cluster?.name ?? 'none'),
    ),
  ];

  beforeAll(async () => {
    practice = await startPractice();
    const person = (name: string, ...groups: string[]) => ({ user: `${name}@example.com`, password: name, groups });
    gateway = await startGateway({
      mode: 'processes',
      clusters: ['dev', 'prod'].map((name) => ({ name, ...practice.access })),
      people: [person('alice', 'developers'), person('dora', 'auditors'), person('paul', 'auditors')],
      apiPolicy: {
        audit: auditors.map(([user, cluster]) => ({
          allow: { and: [{ email: { is: user } }, { 'k8s/cluster': cluster }] },
        })),
      },
    });
    ({ token } = await gateway.login(alice));
    for (const cluster of ['dev', 'prod']) expect((await ask(cluster)).status).toBe(200);
    for (const [user, cluster] of auditors) {
      const found = await eventually(
        `the end of the request to ${cluster}`,
        async () => (await search(user, '--user', alice, '--stage', 'ResponseComplete'))[0],
      );
      ofCluster[cluster] = found.data.auditID;
    }
  });
  afterAll(async () => {
    await gateway?.stop();
    await practice?.stop();
  });

  it.each(auditors)('%s finds the events of %s in a search, and none of %s', async (me, own, other) => {
    expect(
      seen(
        (await search(me)).map(({ data }) => data),
        me,
      ),
    ).toEqual([own]);
    expect(await search(me, '--cluster', own, '--user', alice)).not.toHaveLength(0);
    expect(await search(me, '--cluster', other)).toEqual([]);
    expect(await search(me, '--audit-id', ofCluster[other]!)).toEqual([]);
  });

  it.each(auditors)('%s exports the events of %s only', async (me, own, other) => {
    const { stdout } = await cli(me, 'export');
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    expect(
      seen(
        events.filter(({ cloudEvent }) => cloudEvent !== undefined),
        me,
      ),
    ).toEqual([own]);
    const csv = (await cli(me, 'export', '-o', 'csv', '--user', alice)).stdout;
    expect(csv).toContain(ofCluster[own]!);
    expect(csv).not.toContain(ofCluster[other]!);
    expect((await cli(me, 'export', '--cluster', other, '-o', 'csv')).stdout).not.toContain(alice);
  });

  it.each(auditors)('%s follows the events of %s only', async (me, own, other) => {
    const { home } = await gateway.person(me);
    const tail = startCli(['audit', 'tail', '--limit', '1', '-o', 'json', '--user', alice], { home });
    await tail.says(/"auditID"/);
    const before = tail.stdout().length;
    await ask(other);
    await ask(own);
    await tail.says(new RegExp(`[^]{${before}}"stage":\\s*"ResponseComplete"`));
    await tail.stop();
    expect(tail.stdout()).toMatch(new RegExp(`"name":\\s*"${own}"`));
    expect(tail.stdout()).not.toMatch(new RegExp(`"cluster":\\s*\\{[^}]*"name":\\s*"${other}"`));
  });

  it.each(auditors)('%s is shown a request to %s, and not that it exists on %s', async (me, own, other) => {
    const shown = await cli(me, 'show', ofCluster[own]!);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining(`Where:     ${own}`) });
    // The login of another user is in no cluster's trail.
    expect(JSON.parse((await cli(me, 'show', ofCluster[own]!, '-o', 'json')).stdout)).toMatchObject({ session: [] });
    const hidden = await cli(me, 'show', ofCluster[other]!);
    const unknown = await cli(me, 'show', crypto.randomUUID());
    expect(hidden).toMatchObject({ code: 5, stdout: '' });
    expect(hidden).toEqual(unknown);
    expect(await cli(me, 'show', ofCluster[other]!, '--cluster', other)).toEqual(unknown);
    expect(await cli(me, 'show', ofCluster[other]!, '--cluster', own)).toEqual(unknown);
  });

  it.each(auditors)('%s counts the requests to %s only', async (me, own, other) => {
    const report = async (...args: string[]) =>
      JSON.parse((await cli(me, 'report', '--by', 'user,cluster', '-o', 'json', ...args)).stdout) as {
        rows: { user: string; cluster: string; requests: number }[];
        requests: number;
      };
    const { rows, requests } = await report();
    expect(rows).toMatchObject([{ user: alice, cluster: own }]);
    expect(requests).toBe(rows[0]!.requests);
    expect(await report('--cluster', other)).toMatchObject({ rows: [], requests: 0 });
  });

  it('shows others their own requests only, and records each look', async () => {
    expect(
      seen(
        (await search(alice)).map(({ data }) => data),
        alice,
      ),
    ).toEqual([]);
    expect(await cli(alice, 'show', ofCluster.dev!)).toMatchObject({ code: 0 });
    const looks = await eventually('the events of the looks', async () => {
      const mine = await search(alice, '--type', 'http.request');
      const paths = mine.map(({ data }) => (data as unknown as { requestURI: string }).requestURI);
      return paths.some((path) => path.includes('/audit/show')) ? paths : undefined;
    });
    expect(looks.find((path) => path.includes('/audit/show'))).toContain(ofCluster.dev!);
  });
});
