import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDoctorRig, type DoctorRig } from '../testing/doctor-rig.ts';

let rig: DoctorRig;
beforeEach(async () => {
  rig = await createDoctorRig();
});
afterEach(() => rig.close());

describe('the checks of this machine', () => {
  it('fail without kubectl, with one that does not run, and with one that is too old', async () => {
    rig.putProgram('kubectl', 'exit 1');
    expect((await rig.doctor()).found('kubectl')).toMatchObject({
      status: 'failed',
      hint: expect.stringMatching(/version/),
    });
    rig.putProgram('kubectl', `echo '{"clientVersion": {"gitVersion": "v1.21.9"}}'`);
    expect((await rig.doctor()).found('kubectl')).toMatchObject({
      status: 'failed',
      hint: 'Update kubectl to version 1.22 or newer.',
    });
    rig.environment.env.PATH = rig.directory;
    expect((await rig.doctor()).found('kubectl')).toMatchObject({
      status: 'failed',
      detail: 'kubectl is not in your PATH',
    });
  });

  it('ask kubectl without a kubeconfig, so that it asks no cluster', async () => {
    rig.putProgram('kubectl', `echo "{\\"clientVersion\\": {\\"gitVersion\\": \\"v1.33.1$KUBECONFIG\\"}}"`);
    expect((await rig.doctor()).found('kubectl')!.detail).toContain('v1.33.1/dev/null (');
  });

  it('warn of a home that others can read, and fail for one that is a file', async () => {
    mkdirSync(rig.home);
    chmodSync(rig.home, 0o755);
    expect((await rig.doctor()).found('home')).toMatchObject({
      status: 'warning',
      detail: `${rig.home} is open to other users (mode 0755)`,
      hint: `Run: chmod 700 ${rig.home}`,
    });
    rig.environment.env.SALLYPORT_HOME = rig.put('x');
    expect((await rig.doctor()).found('home')).toMatchObject({ status: 'failed' });
  });

  it('warn of a keyring that cannot be used', async () => {
    rig.environment.env.SALLYPORT_KEYRING = '1';
    expect((await rig.doctor('--gateway', rig.gateway.origin)).found('keyring')).toMatchObject({
      status: 'warning',
      detail: 'the keyring cannot be used: secret-tool is not installed',
    });
    rig.environment.env.SALLYPORT_KEYRING = 'yes';
    expect((await rig.doctor()).failures).toContain('home');
  });
});

describe('the checks of kubeconfigs', () => {
  it('fail for a program that does not exist, cannot be executed or is not in the PATH', async () => {
    await rig.logIn();
    const plain = rig.put('x');
    rig.putKubeconfig(
      { name: 'right', cluster: 'dev', command: rig.putProgram('sallyport', 'exit 1') },
      { name: 'gone', cluster: 'dev', command: '/nowhere/sallyport' },
      { name: 'plain', cluster: 'dev', command: plain },
      { name: 'unknown', cluster: 'dev', command: 'sallyport-exec-credential' },
      { name: 'relative', cluster: 'dev', command: './bin/sallyport' },
    );
    const { code, found, failures } = await rig.doctor();
    expect({ code, failures }).toEqual({
      code: 1,
      failures: ['kubeconfig gone', 'kubeconfig plain', 'kubeconfig unknown'],
    });
    expect(found('kubeconfig')!.detail).toBe('kubectl reaches the gateway with right, relative');
    expect(found('kubeconfig gone')).toMatchObject({
      detail: 'the context gone starts /nowhere/sallyport, which does not exist',
      hint: 'To write the entry anew, run: sallyport kubeconfig --merge',
    });
    expect(found('kubeconfig plain')!.detail).toContain('cannot be executed');
    expect(found('kubeconfig unknown')!.detail).toContain('not in your PATH');
  });

  it('fail for a server that is not where the credential is from, and for an older API', async () => {
    await rig.logIn();
    rig.putKubeconfig(
      { name: 'elsewhere', cluster: 'dev', server: 'https://other.example.com/clusters/dev' },
      { name: 'older', cluster: 'dev', apiVersion: 'client.authentication.k8s.io/v1beta1' },
    );
    const { found, failures } = await rig.doctor();
    expect(failures).toEqual(['kubeconfig elsewhere', 'kubeconfig older']);
    expect(found('kubeconfig elsewhere')!.detail).toContain('but its server is https://other.example.com');
  });

  it('warn if no context leads to the gateway, and fail for a file that is not YAML', async () => {
    await rig.logIn();
    expect((await rig.doctor()).found('kubeconfig')).toMatchObject({
      status: 'warning',
      hint: expect.stringContaining('sallyport kubeconfig --merge'),
    });
    writeFileSync(rig.kubeconfig, 'a: [');
    expect((await rig.doctor()).found('kubeconfig')).toMatchObject({
      status: 'failed',
      detail: `${rig.kubeconfig} is not YAML`,
    });
  });
});

describe('the checks of clusters', () => {
  it('ask only the cluster of --context', async () => {
    await rig.logIn();
    rig.putKubeconfig({ name: 'here', cluster: 'prod' });
    rig.gateway.calls.length = 0;
    expect((await rig.doctor('--context', 'here')).code).toBe(0);
    expect(rig.gateway.calls.filter((call) => call.includes('/clusters/'))).toEqual(['GET /clusters/prod/version']);
  });

  it('warn of what is not allowed, and fail for a cluster that does not answer', async () => {
    await rig.logIn();
    rig.instead = ({ path: asked }) => {
      if (asked === '/clusters/dev/version') return { status: 403, body: { message: 'no rule allows it' } };
      return asked === '/clusters/prod/version' ? { status: 502, body: { message: 'it is away' } } : undefined;
    };
    const { code, found, failures } = await rig.doctor();
    expect({ code, failures }).toEqual({ code: 1, failures: ['cluster prod'] });
    expect(found('cluster dev')).toMatchObject({
      status: 'warning',
      detail: '/version answered 403: no rule allows it',
      hint: expect.stringContaining('sallyport policy explain get /version --cluster dev'),
    });
    expect(found('cluster prod')!.detail).toBe('/version answered 502: it is away');
  });

  it('escape what a gateway answers', async () => {
    await rig.logIn();
    rig.instead = ({ path: asked }) =>
      asked === '/clusters/dev/version' ? { status: 403, body: { message: 'x\u001b[2J\nok  forged' } } : undefined;
    expect((await rig.run('doctor')).out).not.toMatch(/\u001b|^ok {2}forged/m);
  });
});
