import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createNamespace,
  createPlainBrowser,
  describeWith,
  eventually,
  fillInForm,
  httpRequestOnce,
  runCli,
  theBed,
  type TestNamespace,
} from '../harness/index.ts';
import { firstKubectl, startDemo, startDemoProgram, type Demo } from './demo-program.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-demo-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describeWith(['kubectl'], 'the demo with the practice cluster', () => {
  let demo: Demo;
  const state = path.join(directory, 'practice');
  beforeAll(async () => {
    demo = await startDemo(state, theBed().kubectl!, []);
  });

  it('describes everything in demo.json', () => {
    expect(demo.state).toMatchObject({
      ready: true,
      gatewayUrl: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/),
      issuer: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      people: [
        { user: 'alice@example.com', password: 'alice', groups: ['developers'] },
        { user: 'bob@example.com', password: 'bob', groups: ['sre'] },
        { user: 'carol@example.com', password: 'carol', groups: ['security-auditors'] },
        { user: 'mallory@example.com', password: 'mallory', groups: [] },
      ],
      cluster: { name: 'demo', url: `${demo.state.gatewayUrl}/clusters/demo`, kind: 'practice' },
      webApp: { url: expect.stringMatching(/^http:\/\/localhost:\d+$/) },
    });
    const { caFile, kubeconfig, adminKubeconfig, auditFile, clusterAuditFile } = demo.state;
    for (const file of [caFile, kubeconfig, adminKubeconfig, auditFile, clusterAuditFile])
      expect(existsSync(file)).toBe(true);
    expect(statSync(demo.state.kubeconfig).mode & 0o077).toBe(0);
    expect(demo.state.pid).toBeGreaterThan(1);
  });

  it('opens a login for the first kubectl, and shows alice her pods after the form', async () => {
    const first = await firstKubectl(demo, 'alice', ['get', 'pods']);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^NAME +READY +STATUS/) });
    const whoami = await demo.tryKubectl(['auth', 'whoami']);
    expect(whoami.stdout).toMatch(/Username +alice@example\.com\n.*\n?Groups +\[developers system:authenticated\]/);
  });

  it('accepts its first write', async () => {
    const written = await demo.tryKubectl(['create', 'configmap', 'settings', '--from-literal=a=b']);
    expect(written).toMatchObject({ code: 0, stdout: 'configmap/settings created\n' });
  });

  it('explains to alice why she gets no shell in production, and what she may do, with the commands that it prints', async () => {
    const say = (...args: string[]) =>
      runCli(args, { home: demo.state.home, env: { KUBECONFIG: demo.state.kubeconfig } });
    const [dev, prod] = [
      await say('policy', 'explain', 'exec', 'pods/web', '-n', 'dev'),
      await say('policy', 'explain', 'exec', 'pods/web', '-n', 'prod'),
    ];
    process.stderr.write(
      `$ sallyport policy explain exec pods/web -n dev\n${dev.stdout}\n$ sallyport policy explain exec pods/web -n prod\n${prod.stdout}`,
    );
    expect(dev).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(
        /^ALLOWED: alice@example\.com may create pods\/exec "web" in namespace "dev" of cluster "demo"\.\n/,
      ),
    });
    expect(prod).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(
        /^REFUSED: [\s\S]*no-shells-in-prod \(cluster\/demo\[1\]\.deny\.and\) DENIES it[\s\S]*you would have to ask for another namespace/,
      ),
    });
    expect(await say('can-i', 'exec', 'pods/web', '-n', 'dev')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^yes\n/),
    });
    expect((await demo.tryKubectl(['exec', '-n', 'dev', 'web', '--', 'true'])).code).toBe(0);
    expect((await demo.tryKubectl(['exec', '-n', 'prod', 'web', '--', 'true'])).stderr).toContain(
      'Shells in production are for incidents.',
    );
  });

  it('shows a page to browsers, which says how to log in', async () => {
    const { loginUrl, gatewayUrl } = demo.state;
    const page = await fetch(`${loginUrl}/`, { headers: { accept: 'text/html' } });
    const text = await page.text();
    expect([page.status, text.includes(`sallyport login ${new URL(gatewayUrl).host}`)]).toEqual([200, true]);
    expect(text).toContain(`href="${loginUrl}/.sallyport/login?return_to=/"`);
    expect((await fetch(`${loginUrl}/`)).status).toBe(404);
  });

  it('has a web application that shows alice who she is after a login, and refuses mallory', async () => {
    const { url } = demo.state.webApp;
    const open = (name: string) =>
      fillInForm(createPlainBrowser({ ca: readFileSync(demo.state.caFile, 'utf8') }), `${url}/`, {
        user: `${name}@example.com`,
        password: name,
      });
    const { answer, url: end } = await open('alice');
    expect([end, answer.status]).toEqual([`${url}/`, 200]);
    expect(answer.text).toContain('<h1>You are alice@example.com</h1>');
    expect(answer.text).toMatch(/x-forwarded-groups<\/dt><dd>developers</);
    const refused = (await open('mallory')).answer;
    expect([refused.status, refused.text.includes('You are logged in as mallory@example.com')]).toEqual([403, true]);
    expect((await fetch(`${url}/whoami`)).status).toBe(401);
  });

  it('refuses mallory, to whom no rule gives anything, as if there were no cluster', async () => {
    const refused = await firstKubectl(demo, 'mallory', ['get', 'pods']);
    expect(refused.code).toBe(1);
    const { stderr } = await demo.tryKubectl(['get', '--raw', '/api/v1/namespaces/dev/pods']);
    expect(stderr).toContain('There is no cluster "demo" that you may use.');
    expect(stderr).not.toMatch(/developers|sre/);
  });

  it('writes every event as a line to its audit file, without a token', () => {
    const text = readFileSync(demo.state.auditFile, 'utf8');
    const events = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type?: string });
    expect(events.length).toBeGreaterThan(5);
    expect(text).not.toContain('spt_');
  });

  it('leaves a whole trail in its audit file, which has the requests without a login too', async () => {
    const { gatewayUrl, caFile, auditFile, home } = demo.state;
    const target = `/api/v1/namespaces/ns-${crypto.randomUUID()}`;
    const answer = await httpRequestOnce(`${gatewayUrl}/clusters/demo${target}`, { ca: readFileSync(caFile, 'utf8') });
    expect(answer.status).toBe(401);
    await eventually('the event of the refused request', () => readFileSync(auditFile, 'utf8').includes(target));
    const verify = () => runCli(['audit', 'verify', auditFile], { home });
    expect(await verify()).toMatchObject({ code: 0, stdout: expect.stringContaining('No fault was found.') });

    const lines = readFileSync(auditFile, 'utf8').split('\n');
    const at = lines.findIndex((line) => line.includes(target));
    const { producer, seq } = (JSON.parse(lines[at]!) as { sallyport: { producer: string; seq: number } }).sallyport;
    const copy = path.join(directory, 'altered.ndjson');
    writeFileSync(copy, lines.with(at, lines[at]!.replace(target, `${target}x`)).join('\n'));
    const { code, stdout } = await runCli(['audit', 'verify', copy], { home });
    expect([code, stdout.split('\n')[0]]).toEqual([1, `fault: altered producer=${producer} seq=${seq}`]);
  });

  it('leaves a trail on which the current policy decides like the gateway, from the file and from the store', async () => {
    const replay = async (...source: string[]) => {
      const { code, stdout, stderr } = await runCli(
        ['policy', 'replay', ...source, '--policy', demo.state.policyFile, '--cluster', 'demo', '-o', 'json'],
        { home: demo.state.home },
      );
      expect({ code, stderr: source[0] === '--from-store' ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      return JSON.parse(stdout) as {
        evaluated: number;
        unchanged: { allowed: number; refused: number };
        skipped: Record<string, number>;
      };
    };
    const nothing = {
      lost: { requests: 0 },
      gained: { requests: 0 },
      inconclusive: { requests: 0 },
      skipped: { unreadable: 0 },
    };
    const fromFile = await replay(demo.state.auditFile);
    expect(fromFile).toMatchObject(nothing);
    expect(fromFile.unchanged.allowed).toBeGreaterThan(2);
    expect(fromFile.unchanged.refused).toBeGreaterThan(1);
    // The current user, which is mallory, sees their own events.
    const fromStore = await replay('--from-store', '--gateway', demo.state.gatewayUrl);
    expect(fromStore).toMatchObject({ ...nothing, unchanged: { allowed: 0 } });
    expect(fromStore.evaluated).toBeGreaterThan(1);
  });

  it('stays alone: a second demo names the process in its directory, and the setting of a port in use', async () => {
    const port = new URL(demo.state.gatewayUrl).port;
    const started = async (...args: string[]) => {
      const { code, stderr } = await startDemoProgram([...args, '--exit-after', 'true']).ended;
      return { code, stderr };
    };
    expect(await started('--port', '0', '--state-dir', state)).toEqual({
      code: 1,
      stderr: expect.stringContaining(
        `demo: another demo (process ${demo.state.pid}) uses the state directory ${state}.`,
      ),
    });
    expect(await started('--port', port, '--state-dir', path.join(directory, 'busy'))).toEqual({
      code: 1,
      stderr: expect.stringContaining(`demo: cannot listen on 127.0.0.1:${port} (--port): the port is in use.`),
    });
    expect(await started('--port', '0', '--state-dir', '/proc/nowhere')).toEqual({
      code: 1,
      stderr: expect.stringContaining('demo: cannot write to the state directory /proc/nowhere'),
    });
    expect((await demo.tryKubectl(['get', 'pods'])).code).toBe(1);
  });

  it('runs its command with KUBECONFIG set, exits with its code, and leaves nothing running', async () => {
    writeFileSync(path.join(state, 'done'), '');
    const { code, stdout } = await demo.command.ended;
    expect([code, stdout]).toEqual([7, `KUBECONFIG is ${demo.state.kubeconfig}\n`]);
    expect(existsSync(path.join(state, 'demo.json'))).toBe(false);
    expect(() => process.kill(demo.state.pid, 0)).toThrow('ESRCH');
    await expect(httpRequestOnce(demo.state.gatewayUrl)).rejects.toThrow('ECONNREFUSED');
  });
});

describeWith(['kubectl'], 'the demo with a policy that is edited while it runs', () => {
  let demo: Demo;
  const state = path.join(directory, 'edited');
  beforeAll(async () => {
    demo = await startDemo(state, theBed().kubectl!, []);
  });

  it('applies an edited policy within two seconds, refuses a broken edit, and reports its fault to carol', async () => {
    const own = readFileSync(demo.state.policyFile, 'utf8');
    expect(own).toContain('You can edit this file');
    const status = () => runCli(['policy', 'status', '--gateway', demo.state.gatewayUrl], { home: demo.state.home });
    const pods = () => demo.tryKubectl(['get', 'pods']);
    expect((await firstKubectl(demo, 'alice', ['get', 'pods'])).code).toBe(0);
    expect((await status()).code).toBe(5);
    const begun = performance.now();
    writeFileSync(demo.state.policyFile, '- allow:\n    or:\n      - groups: security-auditors\n');
    await eventually('kubectl to be refused', async () => (await pods()).code !== 0);
    process.stderr.write(
      `measured: an edited policy holds for kubectl: ${Math.round(performance.now() - begun)} ms (promised: 2000 ms)\n`,
    );
    await firstKubectl(demo, 'carol', ['get', 'pods']);
    expect(await status()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Every replica runs policy [0-9a-f]{16}\.\n$/),
    });
    writeFileSync(demo.state.policyFile, '- allow:\n    or:\n      - gruops: security-auditors\n');
    const refused = await eventually('the status to report it', async () => {
      const found = await status();
      return found.code === 8 ? found : undefined;
    });
    expect(refused.stdout).toContain(
      `${demo.state.policyFile}:3:9: clusters.0.policy.0.allow.or.0.gruops: unknown criterion "gruops" (did you mean groups?)`,
    );
    // The previous policy still allows carol.
    expect((await pods()).stderr).not.toContain('policy rule');
    writeFileSync(demo.state.policyFile, own);
    await eventually('the status to be good again', async () => (await status()).code === 0);
    expect((await firstKubectl(demo, 'alice', ['get', 'pods'])).code).toBe(0);
    writeFileSync(demo.state.policyFile, own.replace('developers', 'security-auditors'));
    writeFileSync(path.join(state, 'done'), '');
    expect((await demo.command.ended).stdout).toBe(`KUBECONFIG is ${demo.state.kubeconfig}\n`);
  });

  it('starts with its own policy again, keeps the edited one next to it, and its certificate authority', async () => {
    const authority = readFileSync(demo.state.caFile, 'utf8');
    const edited = readFileSync(demo.state.policyFile, 'utf8');
    expect((await startDemoProgram(['--port', '0', '--state-dir', state, '--exit-after', 'true']).ended).code).toBe(0);
    expect(readFileSync(demo.state.policyFile, 'utf8')).toContain('groups: developers');
    expect(readFileSync(`${demo.state.policyFile}.previous`, 'utf8')).toBe(edited);
    expect(readFileSync(demo.state.caFile, 'utf8')).toBe(authority);
  });
});

describeWith(['cluster', 'kubectl'], 'the demo with your own cluster', () => {
  let demo: Demo;
  let namespace: TestNamespace;
  const state = path.join(directory, 'own');
  beforeAll(async () => {
    namespace = await createNamespace();
    demo = await startDemo(state, theBed().kubectl!, ['--kubeconfig', theBed().cluster!.adminKubeconfig, '--yes']);
  });
  afterAll(() => namespace?.remove());

  it('sends requests as alice and not as the user in the kubeconfig', async () => {
    expect(await firstKubectl(demo, 'alice', ['get', 'pods', '-n', namespace.name])).toMatchObject({
      code: 0,
      stdout: '',
    });
    expect((await demo.tryKubectl(['auth', 'whoami'])).stdout).toMatch(
      /Username +alice@example\.com\n[\s\S]*\[developers system:authenticated\]/,
    );
    expect((await demo.tryKubectl(['get', 'nodes'])).stderr).toContain(
      'User "alice@example.com" cannot list resource "nodes"',
    );
    expect((await demo.tryKubectl(['create', 'configmap', 'settings', '-n', namespace.name])).code).toBe(0);
  });

  it('refuses mallory', async () => {
    expect((await firstKubectl(demo, 'mallory', ['get', 'pods', '-n', namespace.name])).code).toBe(1);
  });

  it('stops everything on Ctrl-C', async () => {
    process.kill(demo.state.pid, 'SIGINT');
    writeFileSync(path.join(state, 'done'), '');
    await demo.command.ended;
    await expect(httpRequestOnce(demo.state.gatewayUrl)).rejects.toThrow('ECONNREFUSED');
  });
});

describe("the demo's command line", () => {
  it('asks before it uses your own cluster, and refuses without a terminal', async () => {
    const file = path.join(directory, 'some.kubeconfig');
    writeFileSync(file, '{}');
    const command = startDemoProgram([
      '--kubeconfig',
      file,
      '--state-dir',
      path.join(directory, 'asked'),
      '--port',
      '0',
    ]);
    command.stdin.end();
    const { code, stderr } = await command.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('Add --yes to allow this');
  });

  it('reports a wrong option in one line', async () => {
    const { code, stderr } = await startDemoProgram(['--port', 'x']).ended;
    expect(code).toBe(2);
    expect(stderr).toContain('--port must be a number');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('has help', async () => {
    const { code, stdout } = await startDemoProgram(['--help']).ended;
    expect(code).toBe(0);
    for (const flag of [
      '--cluster',
      '--kubeconfig',
      '--context',
      '--yes',
      '--port',
      '--state-dir',
      '--policy',
      '--with-traffic',
      '--exit-after',
    ])
      expect(stdout).toContain(flag);
  });

  it('has people who work there on demand, whose trail is whole', async () => {
    const trail = '"$SALLYPORT_DEMO/audit.ndjson"';
    const args = ['--port', '0', '--state-dir', path.join(directory, 'traffic'), '--with-traffic'];
    const { code, stdout, stderr } = await startDemoProgram([
      ...args,
      '--exit-after',
      `cat ${trail} && sallyport audit verify ${trail} >&2`,
    ]).ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining('No fault was found.')]);
    for (const said of [
      'no-shells-in-prod',
      'elevation.approved',
      'break-glass',
      'service-account:deploy-',
      'mallory@',
    ])
      expect(stdout).toContain(said);
  });

  it('accepts your own policy, and exits with the code of a failing command', async () => {
    const policy = path.join(directory, 'policy.yaml');
    writeFileSync(policy, '- allow:\n    or:\n      - email: {is: nobody@example.com}\n');
    const args = ['--port', '0', '--state-dir', path.join(directory, 'policy'), '--policy', policy];
    const ended = await startDemoProgram([
      ...args,
      '--exit-after',
      `test -s "$KUBECONFIG" && grep -q '"policyFile": "${policy}"' "$SALLYPORT_DEMO/demo.json" && exit 42`,
    ]).ended;
    expect(ended.code).toBe(42);
    expect(readFileSync(path.join(directory, 'policy', 'sallyport.yaml'), 'utf8')).toContain(`policyFile: ${policy}`);
    writeFileSync(policy, '- alow: []\n');
    const { code, stderr } = await startDemoProgram([...args, '--exit-after', 'true']).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`${policy}:1:3: clusters.0.policy.0.alow: unknown action "alow" (did you mean allow?)`);
  });
});
