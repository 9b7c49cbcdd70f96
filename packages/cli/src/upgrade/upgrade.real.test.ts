import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { sallyportVersion } from '@sallyport/contracts/version';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openGatewayAt } from '../gateway/open-gateway.ts';
import { gatewayAddress } from '../input/gateway-address.ts';
import { authority, certificate, key as certificateKey } from '../testing/certificates.ts';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import type { Call } from '../testing/fake-gateway-types.ts';
import { archiveOf, installedIn, releaseKey, releaseOf, tarOf, type Files } from '../testing/fake-release.ts';
import { createRig, type Rig, type Run } from '../testing/rig.ts';
import { signFile } from './minisign.ts';

// They start programs: those of the releases, which are scripts, and npm.

const trusted = releaseKey();
const [newer, older] = ['99.0.0', '0.0.0-alpha'];
const prefix = '/.sallyport/install/';

let gateway: FakeGateway;
let rig: Rig;
let root: string;
let files: Files;
/** Requests for what the gateway offers. */
let asked: Call[];
beforeEach(async () => {
  gateway = await startFakeGateway({ key: certificateKey, cert: certificate });
  rig = createRig({ platform: 'linux', releaseKeys: [trusted.line] });
  root = path.join(rig.directory, 'opt', 'sallyport');
  rig.environment.env.PATH = process.env.PATH;
  Object.assign(rig.environment, installedIn(root, sallyportVersion, ran()));
  const { address, known, store } = openGatewayAt(rig.environment, gatewayAddress(gateway.origin));
  known.rememberAuthority(address, authority);
  known.setCurrent(address);
  const expiresAt = Date.now() + 3_600_000;
  store.keep({ token: 'spt_0123456789abcdef', user: 'alice', sessionId: 'x', expiresAt, idleMs: 3_600_000 });
  asked = [];
  offer(newer);
  gateway.override = (call) => {
    if (!call.path.startsWith('/.sallyport/install')) return undefined;
    asked.push(call);
    const body = files[call.path.slice(prefix.length)];
    return body === undefined ? { status: 404 } : { status: 200, body };
  };
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

const ran = () => path.join(rig.directory, 'ran');
/** The versions of the programs that were started, in turn. */
const started = () => (existsSync(ran()) ? readFileSync(ran(), 'utf8').trim().split('\n') : []);
const nameOf = (version: string) => `sallyport-${version}-linux-x64.tar.gz`;

/** Lets the gateway offer a version that is signed as a release is. */
function offer(version: string, bytes = archiveOf(version, ran())): void {
  files = releaseOf({ [nameOf(version)]: bytes }, `sallyport ${version}`, trusted.privateKey);
}

const upgrade = (...args: string[]) => rig.run('upgrade', '--yes', ...args);
const current = () => readlinkSync(path.join(root, 'current'));
const below = (directory: string): string[] => readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted();

/** Expects that an attempt changed nothing: the old program is there, and nothing else, and no other was started. */
function expectUnchanged(before: readonly string[]): void {
  expect(below(root)).toEqual(before);
  expect(current()).toBe(`versions/${sallyportVersion}`);
  expect(started()).toEqual([]);
}

describe('sallyport upgrade', () => {
  it('installs the signed version, runs it once, keeps the old one, and sends no credential', async () => {
    expect(await upgrade()).toEqual({
      code: 0,
      out: `Upgraded ${root} from ${sallyportVersion} to ${newer}.\n`,
      err: '',
    });
    expect(current()).toBe(`versions/${newer}`);
    expect(started()).toEqual([newer]);
    expect(readFileSync(path.join(root, 'bin', 'sallyport'), 'utf8')).toContain(newer);
    expect(readdirSync(root).toSorted()).toEqual(['bin', 'current', 'versions']);
    expect(readdirSync(path.join(root, 'versions')).toSorted()).toEqual([sallyportVersion, newer].toSorted());
    expect(asked.map(({ path: asked }) => asked).toSorted()).toEqual(
      ['SHA256SUMS', 'SHA256SUMS.minisig', nameOf(newer)].map((name) => `${prefix}${name}`),
    );
    expect(asked.filter(({ token, query }) => token !== undefined || query.size > 0)).toEqual([]);
  });

  it('takes the archive of the gateway where a gateway is installed, and no other', async () => {
    mkdirSync(path.join(root, 'versions', sallyportVersion, 'serve'));
    const before = below(root);
    expect(await upgrade()).toMatchObject({
      code: 5,
      err: expect.stringContaining(`not for this platform (sallyport-${newer}-server-linux-x64.tar.gz)`),
    });
    expectUnchanged(before);
    const [kind, name] = ['server-linux-x64', `sallyport-${newer}-server-linux-x64.tar.gz`];
    const serve = `sallyport-${newer}-${kind}/versions/${newer}/serve/serve-main.js`;
    const bytes = archiveOf(newer, ran(), [{ path: serve, content: 'serve' }], kind);
    files = releaseOf(
      { [nameOf(newer)]: archiveOf(newer, ran()), [name]: bytes },
      `sallyport ${newer}`,
      trusted.privateKey,
    );
    expect(await upgrade()).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(path.join(root, 'current', 'serve', 'serve-main.js'), 'utf8')).toBe('serve');
  });

  it('removes the version before the old one, and what a killed upgrade left', async () => {
    mkdirSync(path.join(root, 'versions', '0.0.1', 'bin'), { recursive: true });
    mkdirSync(path.join(root, 'versions', '.new-abc'));
    mkdirSync(path.join(root, 'versions', newer));
    writeFileSync(path.join(root, '.current-abc'), '');
    expect((await upgrade()).code).toBe(0);
    expect(readdirSync(root).toSorted()).toEqual(['bin', 'current', 'versions']);
    expect(readdirSync(path.join(root, 'versions')).toSorted()).toEqual([sallyportVersion, newer].toSorted());
  });

  it('only says what there is with --check, and which command installs it', async () => {
    const before = below(root);
    const text = `${newer} is available at ${gateway.origin}. This program is ${sallyportVersion}.\nTo upgrade, run: sallyport upgrade ${gateway.origin}\n`;
    expect(await rig.run('upgrade', '--check')).toEqual({ code: 0, out: text, err: '' });
    expect(JSON.parse((await rig.run('upgrade', gateway.origin, '--check', '-o', 'json')).out)).toEqual({
      gateway: gateway.origin,
      version: sallyportVersion,
      offered: newer,
      state: 'newer',
      upgraded: false,
    });
    expectUnchanged(before);
    expect(asked.some(({ path: one }) => one.endsWith('.gz'))).toBe(false);
  });

  it('asks before it changes anything', async () => {
    const before = below(root);
    expect(await rig.run('upgrade')).toMatchObject({ code: 2, err: expect.stringContaining('add --yes') });
    expectUnchanged(before);
  });

  it.each([
    ['same', sallyportVersion, 'This program is up to date'],
    ['older', older, `offers ${older}, which is older than this program`],
  ])('S87: does not take the %s version, with whatever bytes it comes', async (state, version, words) => {
    const before = below(root);
    offer(version, archiveOf(version, ran(), []));
    expect(await upgrade()).toMatchObject({ code: 0, out: expect.stringContaining(words), err: '' });
    expect(JSON.parse((await upgrade('-o', 'json')).out)).toMatchObject({ state, upgraded: false });
    expectUnchanged(before);
    expect(asked.some(({ path: one }) => one.endsWith('.gz'))).toBe(false);
  });

  it('takes nothing as a development build', async () => {
    rig.environment.releaseKeys = [];
    for (const args of [[], ['--check']])
      expect(await upgrade(...args)).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining('development build'),
      });
    expect(asked).toEqual([]);
  });

  it('accepts the keys before and after a rotation', async () => {
    const next = releaseKey();
    rig.environment.releaseKeys = [trusted.line, next.line];
    files = releaseOf({ [nameOf(newer)]: archiveOf(newer, ran()) }, `sallyport ${newer}`, next.privateKey);
    expect((await upgrade()).code).toBe(0);
  });

  it('runs once at a time', async () => {
    const [one, other] = await Promise.all([upgrade(), upgrade()]);
    const [won, lost] = one!.code === 0 ? [one, other] : [other, one];
    expect(won).toMatchObject({ code: 0, err: '' });
    expect(lost).toMatchObject({ code: 7, out: '', err: expect.stringMatching(/another upgrade/) });
    expect(started()).toEqual([newer]);
    // A program that was started before the upgrade must not undo it.
    expect(await upgrade()).toMatchObject({ code: 7, err: expect.stringContaining('was changed by another upgrade') });
    expect(current()).toBe(`versions/${newer}`);
  });
});

describe('an offer that cannot be trusted', () => {
  let before: string[];
  beforeEach(() => {
    before = below(root);
  });
  const sums = () => String(files.SHA256SUMS);
  const distrusted = (run: Run, why: string) => {
    expect(run).toMatchObject({ code: 4, out: '' });
    expect(run.err).toContain(why);
    expect(run.err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expectUnchanged(before);
  };

  it('S87: changes nothing without a signature', async () => {
    delete files['SHA256SUMS.minisig'];
    expect(await upgrade()).toMatchObject({ code: 5, out: '' });
    expectUnchanged(before);
    files['SHA256SUMS.minisig'] = '';
    distrusted(await upgrade(), 'its signature is not one of minisign');
  });

  it('S87: changes nothing if another key signed it, also under the id of the trusted one', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    files['SHA256SUMS.minisig'] = signFile(Buffer.from(sums()), `sallyport ${newer}`, privateKey);
    distrusted(await upgrade(), 'a key that this program does not trust');
    const [head, own = '', ...rest] = String(files['SHA256SUMS.minisig']).split('\n');
    const bytes = Buffer.from(own, 'base64');
    Buffer.from(trusted.line, 'base64').copy(bytes, 2, 2, 10);
    files['SHA256SUMS.minisig'] = [head, bytes.toString('base64'), ...rest].join('\n');
    distrusted(await upgrade(), 'its signature is not valid');
  });

  it('S87: changes nothing if the list of files was altered', async () => {
    const evil = archiveOf('99.0.0', ran(), [{ path: `sallyport-${newer}-linux-x64/evil`, content: 'x' }]);
    const altered = releaseOf({ [nameOf(newer)]: evil }, 'x', trusted.privateKey);
    files = { ...files, [nameOf(newer)]: evil, SHA256SUMS: altered.SHA256SUMS! };
    distrusted(await upgrade(), 'its signature is not valid');
  });

  it('S87: changes nothing if the archive was altered, by a byte or by all', async () => {
    const bytes = Buffer.from(files[nameOf(newer)]!);
    bytes[bytes.length - 9]! ^= 1;
    for (const altered of [bytes, archiveOf(newer, ran(), []).subarray(1), Buffer.alloc(0)]) {
      files[nameOf(newer)] = altered;
      distrusted(await upgrade(), 'is not the file that was signed');
    }
  });

  it('S87: changes nothing if an old signature has a new comment, or the signature is that of another file', async () => {
    const old = releaseOf({ [nameOf(older)]: 'x' }, `sallyport ${older}`, trusted.privateKey);
    const oldSignature = String(old['SHA256SUMS.minisig']);
    files = { ...files, SHA256SUMS: old.SHA256SUMS!, 'SHA256SUMS.minisig': oldSignature.replace(older, newer) };
    distrusted(await upgrade(), 'its signature is not valid');
    offer(newer);
    files['SHA256SUMS.minisig'] = oldSignature.replace(older, newer);
    distrusted(await upgrade(), 'its signature is not valid');
  });

  it('S87: changes nothing if its signed parts do not belong together', async () => {
    files = releaseOf({ [nameOf(older)]: archiveOf(newer, ran()) }, `sallyport ${newer}`, trusted.privateKey);
    distrusted(await upgrade(), `a file that does not belong to version ${newer}`);
    files = releaseOf({ [`../${nameOf(newer)}`]: 'x' }, `sallyport ${newer}`, trusted.privateKey);
    distrusted(await upgrade(), 'its list of files cannot be read');
  });

  it('S87: changes nothing if there is only another platform', async () => {
    const other = `sallyport-${newer}-linux-arm64.tar.gz`;
    files = releaseOf({ [other]: archiveOf(newer, ran()) }, `sallyport ${newer}`, trusted.privateKey);
    const run = await upgrade();
    expect(run).toMatchObject({
      code: 5,
      out: '',
      err: expect.stringContaining(`not for this platform (${nameOf(newer)})`),
    });
    expectUnchanged(before);
  });

  it('S87: changes nothing if the program in it is another version, or does not run', async () => {
    const hostile = (script: string) => {
      const entry = { path: `sallyport-${newer}-linux-x64/bin/sallyport`, content: script, mode: 0o755 };
      offer(newer, tarOf([entry]));
    };
    hostile(`#!/bin/sh\necho '{"client": {"version": "99.0.1"}}'\n`);
    expect(await upgrade()).toMatchObject({
      code: 1,
      err: expect.stringContaining(`not say that it is version ${newer}`),
    });
    hostile(`#!/bin/sh\nprintf '\\033[2J\\033]0;evil\\007' >&2\nexit 1\n`);
    const run = await upgrade();
    expect(run).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('does not run on this machine: \\x1b[2J'),
    });
    expect(run.err).not.toContain('\u001b');
    expectUnchanged(before);
  });

  it('S87: changes nothing if a signed archive has links out of it', async () => {
    const top = `sallyport-${newer}-linux-x64`;
    const link = { path: `${top}/evil`, type: 'SymbolicLink' as const, linkpath: '../../../..' };
    offer(newer, archiveOf(newer, ran(), [link, { path: `${top}/evil/pwned`, content: 'x' }]));
    expect(await upgrade()).toMatchObject({
      code: 1,
      err: expect.stringContaining('the archive has a link that leads out of it'),
    });
    expectUnchanged(before);
  });

  it('S87: changes nothing if the gateway redirects', async () => {
    const elsewhere = await startFakeGateway();
    elsewhere.override = () => ({ status: 200, body: files[nameOf(newer)] });
    for (const name of ['SHA256SUMS', 'SHA256SUMS.minisig', nameOf(newer)]) {
      const answered = gateway.override;
      gateway.override = (call) =>
        call.path === prefix + name
          ? { status: 302, headers: { location: `${elsewhere.origin}/${name}` } }
          : answered(call);
      distrusted(await upgrade(), 'the gateway answered 302');
      gateway.override = answered;
    }
    expect(elsewhere.calls).toEqual([]);
    await elsewhere.close();
  });

  it('S87: prints no escape codes of a gateway', async () => {
    const hostile = 'x\u001b[2J\u001b]0;evil\u0007\u202e';
    files.SHA256SUMS = `${hostile}\n`;
    files['SHA256SUMS.minisig'] = signFile(Buffer.from(files.SHA256SUMS), hostile, trusted.privateKey);
    distrusted(await upgrade(), 'its signed comment does not name a version');
    files['SHA256SUMS.minisig'] = signFile(Buffer.from(files.SHA256SUMS), `sallyport ${newer}`, trusted.privateKey);
    distrusted(await upgrade(), 'its list of files cannot be read');
    gateway.override = () => ({ status: 500, body: { detail: hostile } });
    distrusted(await upgrade(), 'x\\x1b[2J\\x1b]0;evil\\x07\\u202e');
  });

  it('S87: is not fetched over a connection that cannot be trusted', async () => {
    const other = createRig({ platform: 'linux', releaseKeys: [trusted.line] });
    const own = installedIn(path.join(other.directory, 'opt'), sallyportVersion, ran());
    Object.assign(other.environment, { programDirectory: own.programDirectory });
    const run = await other.run('upgrade', gateway.origin, '--yes');
    expect(run).toMatchObject({
      code: 4,
      err: expect.stringContaining('signed by an authority that this machine does not trust'),
    });
    expect(asked).toEqual([]);
    // The CA in a kubeconfig is the second that is tried, by each of the calls that run at the same time.
    const data = Buffer.from(authority).toString('base64');
    const cluster = `{server: '${gateway.origin}/clusters/dev', certificate-authority-data: ${data}}`;
    writeFileSync(other.kubeconfig, `clusters: [{name: x, cluster: ${cluster}}]`);
    expect(await other.run('upgrade', gateway.origin, '--check')).toMatchObject({ code: 0, err: '' });
    other.remove();
  });
});
