import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sallyportVersion } from '@sallyport/contracts';
import { startDemo, type Demo } from '../demo/demo-program.ts';
import { answerLogin, describeWith, noteSkip, runCommand, theBed } from '../harness/index.ts';
import {
  installWithNpm,
  installation,
  machineNode,
  theRelease,
  unpack,
  type Installation,
  type Release,
} from './installations.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-release-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const prefix = path.join(directory, 'npm');
let release: Release;
let npmBin: string;
let archiveBin: string;
async function install(): Promise<void> {
  mkdirSync(prefix);
  release = await theRelease();
  [npmBin, archiveBin] = await Promise.all([
    installWithNpm(release, prefix),
    unpack(release, path.join(directory, 'unpacked')),
  ]);
}
let installing: Promise<void> | undefined;
const installOnce = () => (installing ??= install());

const cases: [string, () => { bin: string; node?: string }][] = [
  ["the npm package on the machine's Node.js", () => ({ bin: npmBin, node: machineNode() })],
  ["the npm package on the project's Node.js", () => ({ bin: npmBin, node: process.execPath })],
  ['the archive', () => ({ bin: archiveBin })],
];

const installed = (name: string, kubectl: string): Installation => {
  const { bin, node } = cases.find(([one]) => one === name)![1]();
  return installation(mkdtempSync(path.join(directory, 'home-')), bin, node, kubectl);
};

describeWith(['kubectl'], 'an installed command line', () => {
  let demo: Demo;
  beforeAll(async () => {
    [demo] = await Promise.all([
      startDemo(path.join(directory, 'demo'), theBed().kubectl!, [], 120_000),
      installOnce(),
    ]);
  });
  afterAll(async () => {
    writeFileSync(path.join(directory, 'demo', 'done'), '');
    await demo?.command.ended;
  });

  it.each(cases.map(([name]) => name))('logs in, gives kubectl its credential, and logs out: %s', async (name) => {
    const { run, start } = installed(name, demo.kubectl);
    const { gatewayUrl, caFile } = demo.state;
    const login = start('sallyport', ['login', '--no-browser', '--gateway', gatewayUrl, '--ca-file', caFile]);
    const caPem = readFileSync(caFile, 'utf8');
    await answerLogin(login, { caPem }, { user: 'alice@example.com', password: 'alice' });
    expect(await login.ended).toMatchObject({ code: 0 });

    const version = await run('sallyport', ['version', '-o', 'json']);
    expect(version).toMatchObject({ code: 0, stderr: '' });
    process.stderr.write(`measured: ${name}: ${JSON.stringify(JSON.parse(version.stdout))}\n`);
    expect(JSON.parse(version.stdout)).toMatchObject({
      client: { version: sallyportVersion, platform: `${process.platform}-${process.arch}` },
      gateway: { url: gatewayUrl, version: sallyportVersion },
    });
    expect(await run('sallyport', ['kubeconfig', '--merge'])).toMatchObject({ code: 0, stderr: '' });
    const exec = await run('kubectl', ['config', 'view', '-o', 'jsonpath={.users[*].user.exec.command}']);
    expect(exec).toMatchObject({ code: 0, stdout: 'sallyport-exec-credential' });
    const pods = await run('kubectl', ['--context', 'sallyport-demo', 'get', 'pods', '-n', 'dev']);
    expect(pods).toMatchObject({ code: 0, stdout: expect.stringMatching(/^NAME +READY/), stderr: '' });
    const whoami = await run('sallyport', ['whoami', '-o', 'json']);
    expect(JSON.parse(whoami.stdout)).toMatchObject({ user: 'alice@example.com', groups: ['developers'] });
    const status = await run('sallyport', ['status', '-o', 'json']);
    expect(JSON.parse(status.stdout)).toMatchObject({ state: 'logged-in' });
    const words = await run('bash', ['-c', 'eval "$(sallyport completion bash)" && complete -p sallyport']);
    expect(words).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^complete .* sallyport\n$/) });
    expect(await run('sallyport', ['logout'])).toMatchObject({ code: 0 });
    expect((await run('sallyport', ['whoami'])).code).toBe(3);
  });
});

describe('the npm package', () => {
  beforeAll(installOnce);
  const home = path.join(prefix, 'lib', 'node_modules');

  it('installs nothing besides itself, and its man page', () => {
    expect(readdirSync(home)).toEqual(['sallyport']);
    expect(existsSync(path.join(home, 'sallyport', 'node_modules'))).toBe(false);
    expect(readdirSync(path.join(prefix, 'bin')).toSorted()).toEqual(['sallyport', 'sallyport-exec-credential']);
    expect(readdirSync(path.join(prefix, 'share', 'man', 'man1'))).toEqual(['sallyport.1']);
  });

  it("can load all of its parts on the machine's Node.js", async () => {
    const parts = path.join(home, 'sallyport', 'dist', 'parts');
    const program = `for (const name of ${JSON.stringify(readdirSync(parts))}) await import(${JSON.stringify(`${parts}/`)} + name);`;
    const { code, stderr } = await runCommand(machineNode(), ['--input-type=module', '--eval', program]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('calls nothing that Node.js 20 lacks', () => {
    const newer =
      /(?:\b(?:Object|Map)\.groupBy|\bPromise\.(?:try|withResolvers)|\bArray\.fromAsync|\bRegExp\.escape|\bURL\.parse|\bError\.isError|\bIterator\.(?:from|concat)\b|\bmeta\.(?:dirname|filename)|\.is(?:Subset|Superset|Disjoint)(?:Of|From)|\.symmetricDifference|\.(?:keys|values|entries)\(\)\.(?!next\b)[a-z]\w*)\(?/g;
    const dist = path.join(home, 'sallyport', 'dist');
    const files = ['sallyport.mjs', ...readdirSync(path.join(dist, 'parts')).map((name) => path.join('parts', name))];
    // openid-client calls URL.parse only where it exists.
    const guarded = /\bURL\.parse\?\(\w+,\w+\)=>URL\.parse\(/g;
    const read = (name: string) => readFileSync(path.join(dist, name), 'utf8').replaceAll(guarded, '');
    expect(files.flatMap((name) => read(name).match(newer) ?? [])).toEqual([]);
  });

  it('has a man page that renders without a warning', async () => {
    const page = path.join(prefix, 'share', 'man', 'man1', 'sallyport.1');
    const groff = (process.env.PATH ?? '').split(':').some((one) => existsSync(path.join(one, 'groff')));
    if (!groff) return noteSkip('the man page renders without a warning', 'groff is not installed');
    const { code, stdout, stderr } = await runCommand('groff', ['-man', '-ww', '-Tascii', page]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return expect(stdout).toContain('sallyport');
  });
});

describe('the checksums', () => {
  beforeAll(installOnce);
  it('are those of all the files', () => {
    const lines = readFileSync(path.join(release.directory, 'SHA256SUMS'), 'utf8').trim().split('\n');
    const digest = (name: string) =>
      createHash('sha256')
        .update(readFileSync(path.join(release.directory, name)))
        .digest('hex');
    const unlisted = ['SHA256SUMS', 'SHA256SUMS.minisig', 'minisign.pub'];
    const names = readdirSync(release.directory).filter((name) => !unlisted.includes(name));
    expect(lines).toEqual(names.toSorted().map((name) => `${digest(name)}  ${name}`));
  });
});

/** Returns the packages that a text with licenses has, and those of a list of contents: names with versions. */
const licensed = (text: string) => {
  const titles = [...text.matchAll(/^-{80}\n(.*)$/gm)].map(([, title]) => title!);
  // npm may have installed a package in two places.
  return [...new Set(titles)].toSorted();
};
const listed = (file: string) => {
  const { components } = JSON.parse(readFileSync(file, 'utf8')) as { components: Record<string, string>[] };
  return components.map(({ name, version }) => `${name} ${version}`).toSorted();
};

describe('the lists of contents', () => {
  beforeAll(installOnce);
  const billOf = (kind: string) => path.join(release.directory, `sallyport-${sallyportVersion}${kind}.cdx.json`);
  const platform = `-${process.platform}-${process.arch}`;

  it('name exactly the packages whose licenses are in the npm package', () => {
    const own = path.join(prefix, 'lib', 'node_modules', 'sallyport', 'THIRD-PARTY-LICENSES');
    expect(listed(billOf(''))).toEqual(licensed(readFileSync(own, 'utf8')));
  });

  it('name exactly the packages in the archives, and the version of their Node.js', () => {
    const node = `node ${process.versions.node}`;
    const texts = path.join(archiveBin, '..', 'THIRD-PARTY-LICENSES');
    expect(listed(billOf(platform))).toEqual([...licensed(readFileSync(texts, 'utf8')), node].toSorted());
    const name = `sallyport-${sallyportVersion}-server${platform}`;
    const inside = `${name}/versions/${sallyportVersion}/THIRD-PARTY-LICENSES`;
    const args = ['-xzOf', path.join(release.directory, `${name}.tar.gz`), inside];
    const ofServer = execFileSync('tar', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
    expect(listed(billOf(`-server${platform}`))).toEqual([...licensed(ofServer), node].toSorted());
  });
});

describe('the archive of a gateway', () => {
  beforeAll(installOnce);
  it('unpacks as the documentation says, also over another version, and can check a configuration', async () => {
    if (process.platform !== 'linux') return noteSkip('the archive of a gateway', 'there is one for Linux only');
    const name = `sallyport-${sallyportVersion}-server-${process.platform}-${process.arch}.tar.gz`;
    const to = path.join(directory, 'server');
    mkdirSync(to);
    const args = ['--no-same-owner', '--strip-components=1', '-C', to, '-xzf', path.join(release.directory, name)];
    for (const what of ['first', 'upgrade'])
      expect({ what, ...(await runCommand('tar', args)) }).toMatchObject({ what, code: 0, stderr: '' });
    const config = path.join(to, 'sallyport.yaml');
    writeFileSync(
      config,
      JSON.stringify({ gateway: { url: 'https://gate.example.com' }, data: path.join(to, 'data') }),
    );
    const checked = await runCommand(path.join(to, 'bin', 'sallyport'), [
      'serve',
      '--check-config',
      '--config',
      config,
    ]);
    expect(checked).toMatchObject({ code: 0, stdout: `${config}: ok\n`, stderr: '' });
    return expect(readFileSync(path.join(to, 'current', 'systemd', 'sallyport.service'), 'utf8')).toContain(
      'ExecStart=',
    );
  });
});

describe('the archive', () => {
  beforeAll(installOnce);
  it("contains the project's Node.js unmodified, and its license", () => {
    const node = path.join(realpathSync(archiveBin), '..', 'node');
    expect(readFileSync(path.join(node, 'bin', 'node')).equals(readFileSync(process.execPath))).toBe(true);
    expect(readFileSync(path.join(node, 'LICENSE'), 'utf8')).toContain('Node.js is licensed');
  });
});
