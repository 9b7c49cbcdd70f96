import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  answerLogin,
  describeWith,
  eventually,
  startGateway,
  startPractice,
  type Gateway,
  type Person,
  type PracticeAccess,
} from '../harness/index.ts';

describeWith(['kubectl'], 'kubectl through one process with embedded stores to the practice cluster', () => {
  let practice: PracticeAccess;
  let gateway: Gateway;
  let alice: Person;
  const inside = ['-n', 'dev'];
  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({ mode: 'embedded', clusters: [practice.access] });
    alice = await gateway.person('alice@example.com');
  });
  afterAll(async () => {
    await practice?.stop();
    await gateway?.stop();
  });

  it('lists pods, and sends the identity of the person to the cluster', async () => {
    expect(await alice.kubectl(['get', 'pods', ...inside])).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\n/);
    const { status } = JSON.parse(await alice.kubectl(['auth', 'whoami', '-o', 'json'])) as {
      status: { userInfo: object };
    };
    expect(status.userInfo).toMatchObject({
      username: 'alice@example.com',
      groups: ['developers', 'system:authenticated'],
    });
  });

  it('creates, patches, watches and deletes', async () => {
    const watch = alice.startKubectl([
      'get',
      'configmaps',
      ...inside,
      '-w',
      '-o',
      'name',
      '--field-selector=metadata.name=settings',
    ]);
    await gateway.audit.await({ verb: 'watch', stage: 'ResponseStarted' });
    await alice.kubectl(['create', 'configmap', 'settings', '--from-literal=colour=blue', ...inside]);
    await watch.says(/^configmap\/settings$/m);
    await watch.stop();
    await alice.kubectl(['patch', 'configmap', 'settings', ...inside, '-p', '{"data":{"colour":"red"}}']);
    expect(await alice.kubectl(['get', 'configmap', 'settings', ...inside, '-o', 'jsonpath={.data.colour}'])).toBe(
      'red',
    );
    await alice.kubectl(['delete', 'configmap', 'settings', ...inside]);
  });

  it('runs a command over WebSocket with input and exit code', async () => {
    const pod = (await alice.kubectl(['get', 'pods', ...inside, '-o', 'name'])).split('\n')[0]!;
    const input = randomBytes(2000).toString('hex');
    const echoed = await alice.tryKubectl(['exec', '-i', pod, ...inside, '--', 'cat'], { input });
    expect(echoed).toMatchObject({ code: 0, stdout: input });
    expect((await alice.tryKubectl(['exec', pod, ...inside, '--', 'sh', '-c', 'exit 3'])).code).toBe(3);
  });

  it('lists open streams, and why others have ended', async () => {
    const watch = alice.startKubectl(['get', 'pods', ...inside, '-w']);
    await watch.says(/^NAME/m);
    const list = async (...more: string[]) =>
      JSON.parse((await alice.cli(['sessions', 'list', '--streams', '-o', 'json', ...more])).stdout) as {
        streams: { id: string; kind: string; reason?: string; exitCode?: number }[];
        missing: string[];
      };
    const { streams, missing } = await list();
    expect([streams.map(({ kind }) => kind), missing]).toEqual([['watch'], []]);
    expect((await alice.cli(['sessions', 'list', '--streams'])).stdout).toMatch(
      /^STREAM .*\n\S+ +alice@example\.com +watch +dev +pods -n dev +/,
    );
    expect((await alice.cli(['sessions', 'list', '--streams', '--all'])).code).toBe(5);
    await watch.stop();
    const ended = await eventually('it to end', async () =>
      (await list('--ended')).streams.find(({ id }) => id === streams[0]!.id),
    );
    expect(ended.reason).toBeUndefined();
    // The two of the previous test.
    expect(
      (await list('--ended')).streams.filter(({ kind }) => kind === 'exec').map(({ exitCode }) => exitCode),
    ).toEqual([3, 0]);
    expect((await list()).streams).toEqual([]);
  });

  it("refuses a person whom no rule allows, and applies the cluster's own rules to the groups", async () => {
    const mallory = await gateway.person('mallory@example.com');
    const refused = await mallory.tryKubectl(['get', 'pods', ...inside]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    const { token } = await gateway.login('mallory@example.com');
    expect((await gateway.request('/clusters/dev/api/v1/namespaces/dev/pods', { token })).json()).toMatchObject({
      reason: 'Forbidden',
      message:
        'There is no cluster "dev" that you may use. Run "sallyport clusters" to list yours, or ask your operator for access.',
    });
    expect((await alice.tryKubectl(['delete', 'pods', '--all', '-n', 'prod'])).stderr).toContain(
      'is forbidden: User "alice@example.com" cannot',
    );
  });

  it('opens a login again after the session was revoked', async () => {
    const bob = await gateway.person('bob@example.com');
    const { session } = JSON.parse((await alice.cli(['whoami', '-o', 'json'])).stdout) as { session: { id: string } };
    expect((await bob.cli(['sessions', 'revoke', session.id])).code).toBe(0);
    const command = alice.startKubectl(['get', 'pods', ...inside]);
    await answerLogin(command, gateway, { user: 'alice@example.com', password: 'alice' });
    await command.ended;
    expect(await alice.kubectl(['get', 'pods', ...inside, '-o', 'name'])).toContain('pod/');
  });

  it('logs every request: one that must not go upstream unrecorded twice under one id, and a refused one once', async () => {
    const ended = await gateway.audit.await({ type: 'k8s.request', stage: 'ResponseComplete' }, 10);
    const received = new Set(
      gateway.events({ type: 'k8s.request', stage: 'RequestReceived' }).map(({ data }) => data.auditID),
    );
    const isAllowed = ({ data }: (typeof ended)[number]) => data.sallyport.decision?.effect === 'allow';
    const changes = (one: (typeof ended)[number]) => /^(?:create|update|patch|delete)$/.test(one.data.verb);
    expect(ended.filter((one) => received.has(one.data.auditID) && !isAllowed(one))).toEqual([]);
    expect(ended.filter((one) => isAllowed(one) && changes(one) && !received.has(one.data.auditID))).toEqual([]);
    expect(ended.some((one) => isAllowed(one) && changes(one))).toBe(true);
    expect(new Set(ended.map(({ data }) => data.auditID)).size).toBe(ended.length);
    expect(ended.some(({ data }) => data.sallyport.decision?.effect === 'deny')).toBe(true);
  });
});
