import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ElevationPreview } from '@sallyport/contracts';
import {
  createNamespace,
  describeWith,
  eventually,
  joinAuditLogs,
  realClusterAccess,
  roleBinding,
  startGateway,
  startPod,
  theBed,
  type Gateway,
  type Person,
  type TestNamespace,
} from '../harness/index.ts';

describeWith(['node', 'redis', 'kafka', 'kubectl'], "a refusal by the cluster's own RBAC", () => {
  let gateway: Gateway;
  let namespace: TestNamespace;
  let [alice, bob]: Person[] = [];
  beforeAll(async () => {
    namespace = await createNamespace({ bound: false });
    await theBed().cluster!.admin.apply(
      roleBinding(namespace.name, 'developers', 'view'),
      roleBinding(namespace.name, 'sre', 'view'),
      roleBinding(namespace.name, 'prod-admins', 'edit'),
      roleBinding(namespace.name, 'security-auditors', 'admin'),
    );
    const pod = startPod(namespace.name, 'web', 'while true; do sleep 1; done');
    const entry = { clusters: ['*'], requesters: { groups: ['developers'] }, reason: 'optional', maxDuration: '20m' };
    gateway = await startGateway({
      mode: 'processes',
      clusters: [await realClusterAccess()],
      more: {
        elevations: [
          // Large, so not named where the small one helps. It helps with roles, which the small one does not cover.
          { ...entry, name: 'admin', groups: ['prod-admins', 'security-auditors'], approvers: { groups: ['sre'] } },
          { ...entry, name: 'edit', groups: ['prod-admins'], approvals: 0, namespaces: ['e2e-*'] },
          { ...entry, name: 'of-others', groups: ['prod-admins'], requesters: { groups: ['nobody'] }, approvals: 0 },
        ],
      },
    });
    [alice, bob] = [await gateway.person('alice@example.com'), await gateway.person('bob@example.com')];
    await pod;
  });
  afterAll(async () => {
    await gateway?.stop();
    await namespace?.remove();
  });

  const cluster = () => gateway.clusterUrl().split('/').at(-1)!;
  const deletePod = (person: Person) =>
    person.tryKubectl(['delete', 'pod', 'web', '-n', namespace.name, '--wait=false', '--grace-period=1']);
  const getRoles = () => alice!.tryKubectl(['get', 'roles', '-n', namespace.name]);

  it('comes with a dry run, which shows what an elevation would change and asks for nothing', async () => {
    const dryRun = ['elevate', 'admin', '--cluster', cluster(), '-n', namespace.name, '--dry-run'];
    const json = await alice!.cli([...dryRun, '-o', 'json']);
    expect([json.code, json.stderr]).toEqual([0, '']);
    const preview = JSON.parse(json.stdout) as ElevationPreview;
    expect(preview).toMatchObject({
      groups: ['prod-admins', 'security-auditors'],
      approvalsNeeded: 1,
      approverGroups: ['sre'],
      comparedIn: namespace.name,
    });
    const gain = (resource: string) => preview.gains!.find((one) => one.resource === resource);
    expect(gain('pods')).toMatchObject({ verbs: expect.arrayContaining(['create', 'delete']), refusedByPolicy: [] });
    expect(gain('pods')!.verbs).not.toContain('get');
    expect(gain('roles')?.verbs).toEqual(expect.arrayContaining(['get', 'list', 'create']));
    process.stderr.write((await alice!.cli(dryRun)).stdout);
    expect(JSON.parse((await alice!.cli(['elevations', 'list', '--all', '-o', 'json'])).stdout)).toMatchObject({
      elevations: [],
    });
    const hidden = await bob!.cli(dryRun);
    expect([hidden.code, hidden.stderr]).toEqual([5, expect.stringContaining('There is no elevation admin')]);
    await gateway.audit.await(
      ({ type, data }) => type === 'http.request' && data.requestURI.endsWith('/elevations/dry-run'),
    );
  });

  it('names the command that helps, and typing it does', async () => {
    const refused = await deletePod(alice!);
    process.stderr.write(refused.stderr);
    expect(refused.code).toBe(1);
    const [, command] =
      /cannot delete resource "pods".*\. To ask for the right to it, run: sallyport (elevate .*)$/m.exec(
        refused.stderr,
      )!;
    expect(command).toBe(`elevate edit --cluster ${cluster()} --namespace ${namespace.name} --for 20m`);
    expect(await alice!.cli(command!.split(' '))).toMatchObject({ code: 0 });
    expect(await deletePod(alice!)).toMatchObject({ code: 0 });
  });

  it('names the larger one where only that one helps, and then that it waits for approval', async () => {
    const refused = await getRoles();
    expect(refused.stderr).toContain(`run: sallyport elevate admin --cluster ${cluster()} --for 20m`);
    expect(refused.stderr).not.toContain('of-others');
    const asked = ['elevate', 'admin', '--cluster', cluster(), '--for', '20m', '--no-wait', '-o', 'json'];
    const { stdout } = await alice!.cli(asked);
    const { id } = JSON.parse(stdout) as { id: string };
    // What the gateway knows of a refusal is up to five seconds old.
    const waiting = await eventually('the hint to say so', async () => {
      const answer = await getRoles();
      return answer.stderr.includes('waiting for approval') && answer;
    });
    expect([waiting.code, waiting.stderr]).toEqual([
      1,
      expect.stringContaining(
        `. Your request for admin is waiting for approval (0 of 1). To see it, run: sallyport elevations show ${id}`,
      ),
    ]);
    expect(await bob!.cli(['elevations', 'approve', id])).toMatchObject({ code: 0 });
    expect(await getRoles()).toMatchObject({ code: 0 });
  });

  it('names nothing to someone who can ask for nothing, and nothing that would not help', async () => {
    for (const { code, stderr } of [
      await deletePod(bob!),
      await alice!.tryKubectl(['get', 'nodes']),
      await alice!.tryKubectl(['get', 'pods', '-n', 'kube-system']),
    ]) {
      expect([code, stderr]).toEqual([1, expect.stringContaining('is forbidden')]);
      expect(stderr).not.toContain('elevate');
    }
  });

  it('leaves no request in the log of the cluster that the gateway has not recorded', async () => {
    const { joined, unknown, leaked, lost } = await joinAuditLogs(gateway);
    expect({ unknown, leaked, lost }).toEqual({ unknown: [], leaked: [], lost: [] });
    for (const { ours, theirs } of joined) expect([ours.user, ours.verb]).toEqual([theirs.user, theirs.verb]);
    const reviews = gateway.events().filter(({ data }) => data.user.username === 'gateway:access-review');
    process.stderr.write(`reviews that the gateway made for hints: ${reviews.length}\n`);
    expect(reviews.length).toBeGreaterThan(3);
    for (const { data } of reviews) expect(data.responseStatus?.code).toBe(201);
  });
});
