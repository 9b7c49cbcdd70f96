import { sallyportVersion } from '@sallyport/contracts/version';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { authority, certificate, expired, key, otherAuthority } from '../testing/certificates.ts';
import { startConnectProxy } from '../testing/connect-proxy.ts';
import { createDoctorRig, type DoctorRig } from '../testing/doctor-rig.ts';

let rig: DoctorRig;
beforeEach(async () => {
  rig = await createDoctorRig();
});
afterEach(() => rig.close());

describe('sallyport doctor', () => {
  it('finds nothing to fail where all is in order, and prints no secret', async () => {
    await rig.logIn();
    rig.putKubeconfig({ name: 'sallyport-dev', cluster: 'dev' });
    const { code, err, checks } = await rig.doctor();
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(checks.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'cli ok',
      'kubectl ok',
      'home ok',
      'gateway ok',
      'kubeconfig ok',
      'proxy ok',
      'dns ok',
      'tcp ok',
      'tls ok',
      'health ok',
      'clock ok',
      'session ok',
      // The gateway of the tests has another version.
      'version warning',
      'cluster dev ok',
      'cluster prod ok',
    ]);
    const { out } = await rig.run('doctor');
    expect(out).toMatch(/^ok +cli +\d/);
    expect(out).toMatch(/^ok +kubectl +v1\.33\.1 \(/m);
    expect(out).toContain(`${rig.gateway.origin} (from kubectl's current context "sallyport-dev")`);
    expect(out).toMatch(/^ok +tls +TLSv1\.3, certificate by Sallyport test authority, valid until 2126-11-01T/m);
    expect(out).toMatch(/^ok +session +you are alice@example\.com, until \S+Z, or \S+Z if unused$/m);
    expect(out).toMatch(
      new RegExp(
        `^warning +version +the gateway has 9\\.8\\.7, this program ${sallyportVersion}: this program is .* older.*\n +Update`,
        'm',
      ),
    );
    expect(out).toMatch(/^ok +cluster dev +Kubernetes v1\.34\.2, in \S+$/m);
    expect(out).toMatch(/\n\n1 warning\.\n$/);
    for (const token of rig.gateway.sessions.keys()) expect(JSON.stringify(checks) + out).not.toContain(token);
  });

  it('says how to log in if no gateway is known, and checks what it can without one', async () => {
    const { code, found, failures, checks } = await rig.doctor();
    expect({ code, failures }).toEqual({ code: 1, failures: ['gateway'] });
    expect(found('gateway')).toMatchObject({
      detail: expect.stringContaining('no gateway was found'),
      hint: expect.stringContaining('sallyport login'),
    });
    expect(checks.map(({ name }) => name)).toEqual(['cli', 'kubectl', 'home', 'gateway']);
    expect((await rig.run('doctor')).out).toMatch(/\n\n1 check failed\.\n$/);
  });

  it('refuses a wrong command line, but checks a wrong SALLYPORT_GATEWAY', async () => {
    expect(await rig.run('doctor', '--gateway', 'ftp://gate')).toMatchObject({ code: 2, out: '' });
    expect(await rig.run('doctor', '--context', 'nope')).toMatchObject({ code: 2, out: '' });
    rig.environment.env.SALLYPORT_GATEWAY = 'ftp://gate';
    expect(await rig.doctor()).toMatchObject({ code: 1, failures: ['gateway'] });
  });

  it('stops at a certificate by an authority that is not trusted, and sends nothing', async () => {
    const { code, found, failures, checks } = await rig.doctor('--gateway', rig.gateway.origin);
    expect({ code, failures, last: checks.at(-1)!.name }).toEqual({ code: 1, failures: ['tls'], last: 'tls' });
    expect(found('tls')).toMatchObject({
      detail: expect.stringMatching(/does not trust \(issued by Sallyport test authority, valid until 2126-/),
      hint: expect.stringContaining(`sallyport login --gateway ${rig.gateway.origin} --ca-file FILE`),
    });
    expect(rig.gateway.calls).toEqual([]);
  });

  it('verifies with the CA that was named, and with no other', async () => {
    await rig.logIn();
    expect((await rig.doctor()).found('tls')).toMatchObject({ status: 'ok' });
    await rig.tryLogin(rig.gateway.origin, otherAuthority);
    expect(await rig.doctor()).toMatchObject({ code: 1, failures: ['tls'] });
  });

  it('verifies with the CA of the kubeconfig', async () => {
    const data = Buffer.from(authority).toString('base64');
    writeFileSync(
      rig.kubeconfig,
      `clusters: [{name: x, cluster: {server: '${rig.gateway.origin}/clusters/dev', certificate-authority-data: ${data}}}]`,
    );
    expect((await rig.doctor('--gateway', rig.gateway.origin)).found('tls')).toMatchObject({ status: 'ok' });
  });

  it('finds a certificate that has expired, or is for another name', async () => {
    await rig.replaceGateway(expired);
    await rig.tryLogin(rig.gateway.origin, expired.cert);
    const late = await rig.doctor('--gateway', rig.gateway.origin);
    expect(late).toMatchObject({ code: 1, failures: ['tls'] });
    expect(late.found('tls')).toMatchObject({
      detail: expect.stringMatching(
        /certificate has expired \(issued by localhost, valid until 2025-02-01T00:00:00Z\)/,
      ),
      hint: 'Tell the operator of the gateway.',
    });
    await rig.replaceGateway({ key, cert: certificate });
    const byAddress = rig.gateway.origin.replace('localhost', '127.0.0.1');
    await rig.tryLogin(byAddress, authority);
    const { found, checks } = await rig.doctor('--gateway', byAddress);
    expect(found('tls')!.detail).toContain('its certificate is for another name');
    // An address has no name to look up.
    expect(checks.map(({ name }) => name)).not.toContain('dns');
  });

  it('warns of a connector that is not connected, and of connections that all end at one age', async () => {
    await rig.logIn();
    const carrier = { replica: 'proxy/1', id: 'c', since: 1, seen: 1, version: '1.2.3', streams: 0 };
    const endedAt = (...ages: number[]) => ages.map((durationMs) => ({ at: 1, durationMs, reason: 'closed' }));
    const connectors = [
      { name: 'cut', connected: true, carriers: [carrier], ended: endedAt(5, 60_100, 60_000, 60_300) },
      { name: 'fine', connected: true, carriers: [carrier], ended: endedAt(60_000, 90_000, 60_000) },
      { name: 'gone', connected: false, since: 1, carriers: [], ended: [] },
    ];
    const url = `${rig.gateway.origin}/clusters/dev`;
    rig.instead = ({ path }) => {
      if (path.endsWith('/connectors')) return { status: 200, body: { connectors } };
      const clusters = [{ name: 'dev', url, connector: { connected: true } }];
      return path.endsWith('/clusters') ? { status: 200, body: { clusters } } : undefined;
    };
    const { checks } = await rig.doctor();
    expect(checks.filter(({ name }) => name.startsWith('connector')).map((one) => [one.name, one.status])).toEqual([
      ['connector cut', 'warning'],
      ['connector fine', 'ok'],
      ['connector gone', 'warning'],
    ]);
    expect(checks.find(({ name }) => name === 'connector cut')!.detail).toContain('its connections end after 1m');
  });

  it('warns of a certificate that expires within 14 days', async () => {
    await rig.logIn();
    const end = Date.parse('2126-11-01T02:58:53Z');
    rig.environment.now = () => end - 14 * 86_400_000;
    expect((await rig.doctor()).found('tls')).toMatchObject({ status: 'ok' });
    rig.environment.now = () => end - 14 * 86_400_000 + 60_000;
    expect((await rig.doctor()).found('tls')).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('which is in 13d23h'),
      hint: 'Tell the operator of the gateway to renew it.',
    });
  });

  it('warns of a clock that is off', async () => {
    await rig.logIn();
    const shifted = (ms: number) => {
      rig.instead = ({ path: asked }) =>
        asked === '/healthz'
          ? { status: 200, body: 'ok', headers: { date: new Date(Date.now() + ms).toUTCString() } }
          : undefined;
    };
    shifted(20_000);
    expect((await rig.doctor()).found('clock')).toMatchObject({ status: 'ok' });
    for (const [ms, words] of [
      [300_000, /this machine is (5m|4m59s) behind the gateway/],
      [-300_000, /this machine is (5m|4m59s) ahead of the gateway/],
    ] as const) {
      shifted(ms);
      const { code, found } = await rig.doctor();
      expect({ code, ...found('clock') }).toMatchObject({
        code: 0,
        status: 'warning',
        hint: expect.stringMatching(/NTP/),
      });
      expect(found('clock')!.detail).toMatch(words);
    }
  });

  it('says how to log in, before the first login and when the session has ended', async () => {
    await rig.logIn();
    rig.gateway.revokeAll();
    for (const _time of ['ended', 'forgotten']) {
      const { code, found, failures, checks } = await rig.doctor();
      expect({ code, failures, last: checks.at(-1)!.name }).toEqual({
        code: 1,
        failures: ['session'],
        last: 'session',
      });
      expect(found('session')).toMatchObject({
        detail: expect.stringContaining('you are not logged in'),
        hint: `To log in, run: sallyport login --gateway ${rig.gateway.origin}`,
      });
    }
  });

  it('keeps the login when a cluster answers 401', async () => {
    await rig.logIn();
    rig.instead = ({ path: asked }) =>
      asked.startsWith('/clusters/')
        ? { status: 401, body: { message: 'log in again' }, headers: { 'www-authenticate': 'Bearer realm="dev"' } }
        : undefined;
    for (const _time of ['first', 'second']) {
      const { failures, found } = await rig.doctor();
      expect(failures).toEqual(['cluster dev', 'cluster prod']);
      expect(found('cluster dev')).toMatchObject({
        detail: '/version answered 401: log in again',
        hint: expect.not.stringContaining('--force'),
      });
    }
  });

  it('warns of a session that ends soon', async () => {
    rig.gateway.sessionLife.lifetimeMs = 10 * 60_000;
    await rig.logIn();
    expect((await rig.doctor()).found('session')).toMatchObject({
      status: 'warning',
      hint: expect.stringMatching(/--force/),
    });
  });
});

describe('the checks of the network', () => {
  it('fail for a name that does not exist, a port that is closed, and a server that does not speak TLS', async () => {
    const dns = await rig.doctor('--gateway', 'https://gate.invalid');
    expect(dns).toMatchObject({ code: 1, failures: ['dns'] });
    expect(dns.checks.at(-1)!.name).toBe('dns');
    const { origin } = rig.gateway;
    await rig.gateway.close();
    expect((await rig.doctor('--gateway', origin)).found('tcp')).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('connection refused'),
    });
    await rig.replaceGateway();
    expect((await rig.doctor('--gateway', rig.gateway.origin.replace('http:', 'https:'))).found('tls')).toMatchObject({
      status: 'failed',
      hint: expect.stringMatching(/address/),
    });
  });

  it('fail for a gateway that is not ready, or is another server', async () => {
    await rig.logIn();
    for (const [status, hint] of [
      [503, 'Try again. If this persists, tell the operator of the gateway.'],
      [404, `Check that ${rig.gateway.origin} is the address of a Sallyport gateway.`],
    ] as const) {
      rig.instead = ({ path: asked }) => (asked === '/healthz' ? { status } : undefined);
      const { failures, found } = await rig.doctor();
      expect({ failures, ...found('health') }).toMatchObject({ failures: ['health'], hint });
    }
  });

  it('follow the proxy, say where it comes from, and never show its password', async () => {
    const proxy = await startConnectProxy(Number(new URL(rig.gateway.origin).port));
    try {
      const address = rig.gateway.origin.replace('localhost', 'gate.test');
      rig.environment.env.HTTPS_PROXY = `http://user:planted-secret@127.0.0.1:${proxy.port}`;
      const run = await rig.doctor('--gateway', address);
      expect(run.found('proxy')).toMatchObject({
        status: 'ok',
        detail: `http://127.0.0.1:${proxy.port} leads to the gateway (from HTTPS_PROXY)`,
      });
      expect(run.found('tcp')).toMatchObject({
        status: 'ok',
        detail: expect.stringContaining('connects to gate.test'),
      });
      // Another authority signed it, which is found through the proxy too.
      expect(run.failures).toEqual(['tls']);
      rig.environment.env.NO_PROXY = 'gate.test';
      expect((await rig.doctor('--gateway', address)).found('proxy')!.detail).toContain('NO_PROXY');
      rig.environment.env.HTTPS_PROXY = 'socks5://user:planted-secret@127.0.0.1';
      delete rig.environment.env.NO_PROXY;
      expect(await rig.doctor('--gateway', address)).toMatchObject({ code: 1, failures: ['proxy'] });
      expect(JSON.stringify([run, await rig.run('doctor', '--gateway', address)])).not.toContain('planted');
    } finally {
      await proxy.close();
    }
  });

  it('end although a server never answers, and show their progress on a terminal', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve);
    });
    rig.environment.stderr.isTTY = true;
    const { port } = silent.address() as AddressInfo;
    const { code, err, found } = await rig.doctor('--gateway', `https://localhost:${port}`);
    silent.close();
    expect(code).toBe(1);
    expect(found('tls')).toMatchObject({ status: 'failed', detail: expect.stringContaining('it does not answer') });
    expect(err).toContain('Checking the certificate of the gateway ...');
  });
});
