import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createCertificateAuthority } from '@sallyport/bed';
import { sallyportVersion } from '@sallyport/contracts';
import { isFullRun } from '@sallyport/kit/testing';
import { describeWith, runCommand, startGateway, theBed, type CommandResult } from '../harness/index.ts';
import {
  installWithNpm,
  installation,
  machineNode,
  theRelease,
  unpack,
  type Installation,
  type Release,
} from './installations.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-upgrade-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const old = '0.0.1';
const token = 'spt_0123456789abcdefghijklmnop';

type Place = { origin: string; caPem: string };

/** The answers of a gateway and of a cluster behind it. Everything but the release needs the token. */
async function startFakeGateway(release: Release): Promise<Place & { server: Server }> {
  const authority = await createCertificateAuthority({ name: 'upgrades' });
  const { certPem, keyPem } = await authority.issue({ commonName: 'gateway', dnsNames: ['localhost'], server: true });
  const session = {
    id: 'x',
    kind: 'cli',
    createdAt: 0,
    expiresAt: Date.now() + 3_600_000,
    idleEndsAt: Date.now() + 3_600_000,
  };
  const answers: Record<string, unknown> = {
    '/.sallyport/me': { user: 'alice', groups: [], session, gatewayVersion: sallyportVersion },
    '/clusters/dev/version': { gitVersion: 'v1.2.3' },
  };
  const server = createServer({ cert: certPem, key: keyPem }, ({ url = '', headers }, response) => {
    const name = /^\/\.sallyport\/install\/([\w.-]+)$/.exec(url)?.[1];
    if (name !== undefined)
      return existsSync(path.join(release.directory, name)) && headers.authorization === undefined
        ? response.end(readFileSync(path.join(release.directory, name)))
        : response.writeHead(404).end();
    const answer = headers.authorization === `Bearer ${token}` ? answers[url] : undefined;
    return response
      .writeHead(answer === undefined ? 401 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { server, origin: `https://localhost:${(server.address() as AddressInfo).port}`, caPem: authority.caPem };
}

/** Makes an older version of files of a release: the same program, which says that it is older. */
function makeOlder(program: string): void {
  const parts = path.join(program, 'dist', 'parts');
  const said = `sallyportVersion="${sallyportVersion}"`;
  const files = [
    path.join(program, 'dist', 'sallyport.mjs'),
    ...readdirSync(parts).map((name) => path.join(parts, name)),
  ];
  const found = files.filter((file) => readFileSync(file, 'utf8').includes(said));
  expect(found).not.toEqual([]);
  for (const file of found)
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(said, `sallyportVersion="${old}"`));
}

describeWith(['kubectl'], 'an upgrade of a signed release', () => {
  let release: Release;
  let gateway: Awaited<ReturnType<typeof startFakeGateway>>;
  beforeAll(async () => {
    release = await theRelease();
    gateway = await startFakeGateway(release);
  });
  afterAll(() => {
    gateway?.server.closeAllConnections();
    gateway?.server.close();
  });

  /** Returns an installation for a user with a login, who has nothing else. */
  function logIn(bin: string, node?: string, { origin, caPem }: Place = gateway): Installation {
    const home = mkdtempSync(path.join(directory, 'home-'));
    const root = path.join(home, '.config', 'sallyport');
    const own = path.join(root, 'gateways', origin.replace('://', '+'));
    mkdirSync(own, { recursive: true, mode: 0o700 });
    const login = { version: 1, gateway: origin, token, user: 'alice', sessionId: 'x', idleMs: 3_600_000 };
    writeFileSync(path.join(own, 'ca.crt'), caPem);
    writeFileSync(path.join(own, 'credential.json'), JSON.stringify({ ...login, expiresAt: Date.now() + 3_600_000 }), {
      mode: 0o600,
    });
    writeFileSync(path.join(root, 'current-gateway'), `${origin}\n`);
    return installation(home, bin, node, theBed().kubectl!);
  }

  /** Returns the version that an installed program says it has. */
  async function versionOf({ bin, run }: Installation): Promise<unknown> {
    const { code, stdout, stderr } = await run(path.join(bin, 'sallyport'), ['version', '--client', '-o', 'json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return (JSON.parse(stdout) as { client: { version: unknown } }).client.version;
  }

  async function expectKubectlWorks({ run }: Installation): Promise<void> {
    expect(await run('sallyport', ['kubeconfig', '--merge', '--cluster', 'dev', '--offline'])).toMatchObject({
      code: 0,
    });
    const answer = await run('kubectl', ['--context', 'sallyport-dev', 'get', '--raw', '/version']);
    expect(answer).toMatchObject({ code: 0, stdout: '{"gitVersion":"v1.2.3"}' });
  }

  describe('from an archive', () => {
    let root: string;
    let installed: Installation;
    beforeEach(async () => {
      const bin = await unpack(release, mkdtempSync(path.join(directory, 'unpacked-')));
      root = path.dirname(bin);
      makeOlder(path.join(root, 'versions', sallyportVersion));
      renameSync(path.join(root, 'versions', sallyportVersion), path.join(root, 'versions', old));
      goBack();
      installed = logIn(bin);
      expect(await versionOf(installed)).toBe(old);
    });

    function goBack(): void {
      rmSync(path.join(root, 'current'));
      symlinkSync(path.join('versions', old), path.join(root, 'current'));
    }

    it('has a working program at every moment, and kubectl works after it', async () => {
      const upgrading = installed.run('sallyport', ['upgrade', '--yes']);
      let isOver = false;
      void upgrading.finally(() => {
        isOver = true;
      });
      const server = `${gateway.origin}/clusters/dev`;
      const front = path.join(installed.bin, 'sallyport-exec-credential');
      const [versions, credentials] = [new Set<unknown>(), [] as CommandResult[]];
      for (let after = 0; after < 2; after += isOver ? 1 : 0) {
        credentials.push(await installed.run(front, ['exec-credential', server]));
        versions.add(await versionOf(installed));
      }
      const text = `Upgraded ${root} from ${old} to ${sallyportVersion}.\n`;
      expect(await upgrading).toMatchObject({ code: 0, stdout: text, stderr: '' });
      expect(versions).toEqual(new Set([old, sallyportVersion]));
      expect(credentials.length).toBeGreaterThan(2);
      expect(credentials.filter(({ code, stdout }) => code !== 0 || !stdout.includes(token))).toEqual([]);
      expect(await installed.run('sallyport', ['upgrade', '--yes'])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('is up to date'),
      });
      await expectKubectlWorks(installed);
    });

    it('is what the gateway itself offers', async () => {
      const own = await startGateway({
        mode: 'embedded',
        clusters: [{ name: 'dev', server: 'https://localhost:1', token: 'x', policy: [] }],
        more: { downloads: { directory: release.directory } },
      });
      try {
        const user = logIn(installed.bin, undefined, { origin: own.url, caPem: own.caPem });
        expect(await user.run('sallyport', ['upgrade', '--yes', '-o', 'json'])).toMatchObject({ code: 0, stderr: '' });
        expect(await versionOf(user)).toBe(sallyportVersion);
      } finally {
        await own.stop();
      }
    });

    if (isFullRun)
      it('leaves the old or the new program working, whenever it is killed', async () => {
        const began = performance.now();
        expect(await installed.run('sallyport', ['upgrade', '--yes'])).toMatchObject({ code: 0 });
        const whole = performance.now() - began;
        const seen: unknown[] = [];
        for (const part of [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1]) {
          goBack();
          const killed = installed.start('sallyport', ['upgrade', '--yes']);
          await new Promise((resolve) => {
            setTimeout(resolve, whole * part);
          });
          await killed.stop('SIGKILL');
          seen.push(await versionOf(installed));
        }
        process.stderr.write(
          `measured: an upgrade took ${Math.round(whole)} ms; after kills, the versions were ${seen.join(', ')}\n`,
        );
        expect(seen.filter((one) => one !== old && one !== sallyportVersion)).toEqual([]);
        goBack();
        expect(await installed.run('sallyport', ['upgrade', '--yes'])).toMatchObject({ code: 0, stderr: '' });
        expect(readlinkSync(path.join(root, 'current'))).toBe(`versions/${sallyportVersion}`);
        const names = (name: string) => readdirSync(path.join(root, name)).filter((one) => one.startsWith('.'));
        expect([names('.'), names('versions')]).toEqual([[], []]);
      });
  });

  it('from the npm package lets npm install it, and kubectl works after it', async () => {
    const prefix = path.join(directory, 'npm');
    mkdirSync(prefix);
    const bin = await installWithNpm(release, prefix);
    makeOlder(path.join(prefix, 'lib', 'node_modules', 'sallyport'));
    const installed = logIn(bin, machineNode());
    // npm is a link, and finds its own files behind it.
    symlinkSync(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim(), path.join(installed.programs, 'npm'));
    expect(await versionOf(installed)).toBe(old);
    const command = ['-c', `npm_config_prefix=${prefix} npm_config_cache=${prefix}/cache sallyport upgrade --yes`];
    expect(await installed.run('sh', command)).toMatchObject({
      code: 0,
      stdout: `Upgraded ${path.join(prefix, 'lib', 'node_modules', 'sallyport')} from ${old} to ${sallyportVersion}.\n`,
      stderr: '',
    });
    expect(await versionOf(installed)).toBe(sallyportVersion);
    const globals = readdirSync(path.join(prefix, 'lib', 'node_modules'));
    expect(globals.filter((name) => name !== '.package-lock.json')).toEqual(['sallyport']);
    await expectKubectlWorks(installed);
  });

  it('can be verified with minisign', async () => {
    const args = ['-V', '-p', 'minisign.pub', '-m', 'SHA256SUMS'];
    expect(await runCommand('minisign', args, { cwd: release.directory })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Trusted comment: sallyport ${sallyportVersion}\n`),
    });
  });
});
