import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createNamespace, describeWith, httpRequestOnce, runCommand, theBed, type TestNamespace } from '../harness/index.ts';
import { firstKubectl, startDemo, startDemoProgram, type Demo } from './demo-program.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-demo-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describeWith(['kubectl'], 'the demo with the practice cluster', () => {
  let demo: Demo;
  const state = path.join(directory, 'practice');
  beforeAll(async () => {
    demo = await startDemo(state, theBed().kubectl!, []);
  }, 70_000);

  it('says in demo.json all that there is', () => {
    expect(demo.state).toMatchObject({
      ready: true, gatewayUrl: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/), issuer: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      people: [
        { user: 'alice@example.com', password: 'alice', groups: ['developers'] }, { user: 'bob@example.com', password: 'bob', groups: ['sre'] },
        { user: 'carol@example.com', password: 'carol', groups: ['security-auditors'] }, { user: 'mallory@example.com', password: 'mallory', groups: [] },
      ],
      cluster: { name: 'demo', url: `${demo.state.gatewayUrl}/clusters/demo`, kind: 'practice' },
    });
    for (const file of [demo.state.caFile, demo.state.kubeconfig, demo.state.adminKubeconfig, demo.state.auditFile]) expect(existsSync(file)).toBe(true);
    expect(statSync(demo.state.kubeconfig).mode & 0o077).toBe(0);
    expect(demo.state.pid).toBeGreaterThan(1);
  });

  it('has the first kubectl ask for a login, and takes alice through the form to her pods', async () => {
    const first = await firstKubectl(demo, 'alice', ['get', 'pods']);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^NAME +READY +STATUS/) });
    const whoami = await demo.tryKubectl(['auth', 'whoami']);
    expect(whoami.stdout).toMatch(/Username +alice@example\.com\n.*\n?Groups +\[developers system:authenticated\]/);
  });

  it('takes its first write', async () => {
    const written = await demo.tryKubectl(['create', 'configmap', 'settings', '--from-literal=a=b']);
    expect(written).toMatchObject({ code: 0, stdout: 'configmap/settings created\n' });
  });

  it('refuses mallory with the rule\'s name', async () => {
    const refused = await firstKubectl(demo, 'mallory', ['get', 'pods']);
    expect(refused.code).toBe(1);
    const { stderr } = await demo.tryKubectl(['get', '--raw', '/api/v1/namespaces/dev/pods']);
    expect(stderr).toContain('policy rule "default-deny" does not allow mallory@example.com to list pods in namespace "dev" of cluster "demo"');
    expect(stderr).not.toMatch(/developers|sre/);
  });

  it('writes every event to its audit file, a line each, without a token', () => {
    const text = readFileSync(demo.state.auditFile, 'utf8');
    const events = text.trim().split('\n').map((line) => JSON.parse(line) as { type?: string });
    expect(events.length).toBeGreaterThan(5);
    expect(text).not.toContain('spt_');
  });

  it('runs its command with KUBECONFIG set, ends with its code, and leaves nothing running', async () => {
    writeFileSync(path.join(state, 'done'), '');
    const { code, stdout } = await demo.command.ended;
    expect([code, stdout]).toEqual([7, `KUBECONFIG is ${demo.state.kubeconfig}\n`]);
    expect(existsSync(path.join(state, 'demo.json'))).toBe(false);
    expect(() => process.kill(demo.state.pid, 0)).toThrow('ESRCH');
    await expect(httpRequestOnce(demo.state.gatewayUrl)).rejects.toThrow('ECONNREFUSED');
  }, 30_000);
});

describeWith(['cluster', 'kubectl'], 'the demo with a cluster of one\'s own', () => {
  let demo: Demo;
  let namespace: TestNamespace;
  const state = path.join(directory, 'own');
  beforeAll(async () => {
    namespace = await createNamespace();
    demo = await startDemo(state, theBed().kubectl!, ['--kubeconfig', theBed().cluster!.adminKubeconfig, '--yes']);
  }, 70_000);
  afterAll(() => namespace?.remove());

  it('takes alice there, as herself and not as whoever the kubeconfig names', async () => {
    expect(await firstKubectl(demo, 'alice', ['get', 'pods', '-n', namespace.name])).toMatchObject({ code: 0, stdout: '' });
    expect((await demo.tryKubectl(['auth', 'whoami'])).stdout).toMatch(/Username +alice@example\.com\n[\s\S]*\[developers system:authenticated\]/);
    expect((await demo.tryKubectl(['get', 'nodes'])).stderr).toContain('User "alice@example.com" cannot list resource "nodes"');
    expect((await demo.tryKubectl(['create', 'configmap', 'settings', '-n', namespace.name])).code).toBe(0);
  });

  it('refuses mallory', async () => {
    expect((await firstKubectl(demo, 'mallory', ['get', 'pods', '-n', namespace.name])).code).toBe(1);
  });

  it('ends on Ctrl-C, with everything', async () => {
    process.kill(demo.state.pid, 'SIGINT');
    writeFileSync(path.join(state, 'done'), '');
    await demo.command.ended;
    await expect(httpRequestOnce(demo.state.gatewayUrl)).rejects.toThrow('ECONNREFUSED');
  }, 30_000);
});

describe('the demo\'s command line', () => {
  it('asks before it uses a cluster of one\'s own, and without a terminal refuses', async () => {
    const file = path.join(directory, 'some.kubeconfig');
    writeFileSync(file, '{}');
    const command = startDemoProgram(['--kubeconfig', file, '--state-dir', path.join(directory, 'asked'), '--port', '0']);
    command.stdin.end();
    const { code, stderr } = await command.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('say --yes to allow it');
  });

  it.each([[['--port', 'x'], '--port takes a number'], [['--cluster', 'own'], '--cluster takes practice or real'], [['--frobnicate'], '--frobnicate'], [['--kubeconfig', '/nowhere'], 'does not exist']])('says what is wrong with %j', async (args, words) => {
    const { code, stderr } = await startDemoProgram(args).ended;
    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('has help', async () => {
    const { code, stdout } = await startDemoProgram(['--help']).ended;
    expect(code).toBe(0);
    for (const flag of ['--cluster', '--kubeconfig', '--context', '--yes', '--port', '--state-dir', '--policy', '--exit-after']) expect(stdout).toContain(flag);
  });

  it('takes a policy of one\'s own and the code of a command that fails', async () => {
    const policy = path.join(directory, 'policy.yaml');
    writeFileSync(policy, '- allow:\n    or:\n      - email: {is: nobody@example.com}\n');
    const ended = await startDemoProgram(['--port', '0', '--state-dir', path.join(directory, 'policy'), '--policy', policy, '--exit-after', 'test -s "$KUBECONFIG" && exit 42']).ended;
    expect(ended.code).toBe(42);
    expect((await runCommand('grep', ['-c', 'nobody@example.com', path.join(directory, 'policy', 'sallyport.yaml')])).stdout).toBe('1\n');
  }, 60_000);
});
