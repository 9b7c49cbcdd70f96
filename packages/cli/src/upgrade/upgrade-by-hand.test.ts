import { mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { releaseKey, releaseOf } from '../testing/fake-release.ts';
import { createRig, type Rig } from '../testing/rig.ts';

const { privateKey, line } = releaseKey();
const version = '99.0.0';
const names = [`sallyport-${version}.tgz`, `sallyport-${version}-windows-x64.zip`];

let gateway: FakeGateway;
let rig: Rig;
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig({ platform: 'linux', releaseKeys: [line] });
  const files = releaseOf(Object.fromEntries(names.map((name) => [name, name])), `sallyport ${version}`, privateKey);
  gateway.override = ({ path: asked }) => {
    const body = files[asked.replace('/.sallyport/install/', '')];
    return body === undefined ? { status: 404 } : { status: 200, body };
  };
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

const upgrade = () => rig.run('upgrade', gateway.origin, '--yes');
const kept = (name: string) => path.join(rig.home, 'upgrade', name);

/** Lets the program run from a directory of its own. */
function install(...place: string[]): string {
  const directory = path.join(rig.directory, ...place);
  mkdirSync(directory, { recursive: true });
  rig.environment.programDirectory = directory;
  return directory;
}

/** Expects that the verified file was kept for the user only, and that nothing changed in the installation. */
function expectKept(name: string, installed: string, before: readonly string[]): void {
  expect(readFileSync(kept(name), 'utf8')).toBe(name);
  expect(statSync(kept(name)).mode & 0o077).toBe(0);
  expect(readdirSync(path.dirname(kept(name)))).toEqual([name]);
  expect(readdirSync(installed)).toEqual(before);
}

describe('an upgrade that the program cannot finish', () => {
  it('says what to type for a package that npm did not install globally', async () => {
    const installed = install('project', 'node_modules', 'sallyport');
    writeFileSync(path.join(installed, 'package.json'), '{"name": "sallyport"}');
    expect(await upgrade()).toEqual({
      code: 1,
      out: '',
      err: `sallyport: this program cannot replace itself in ${installed}, but the new version is verified\n  Run: npm install --global ${kept(names[0]!)}\n`,
    });
    expectKept(names[0]!, installed, ['package.json']);
  });

  it('says what to unpack on Windows, and replaces what an upgrade before it kept', async () => {
    rig.environment.platform = 'win32';
    const installed = install('Program Files');
    mkdirSync(path.dirname(kept('x')), { recursive: true });
    writeFileSync(kept('sallyport-1.2.3-windows-x64.zip'), 'older');
    for (let time = 0; time < 2; time += 1) {
      const { code, out, err } = await upgrade();
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toContain(
        `Unpack ${kept(names[1]!)} into the place of '${installed}', while no program there is running.`,
      );
    }
    expectKept(names[1]!, installed, []);
  });

  it('says what to type with sudo for a directory that the user may not change, and downloads nothing', async () => {
    const root = path.join(rig.directory, 'opt $(touch pwned)');
    rig.environment.programDirectory = path.join(root, 'versions', '0.0.1');
    mkdirSync(root);
    symlinkSync(path.join('versions', '0.0.1'), path.join(root, 'current'));
    // Its `versions` do not exist. Root could change anything else.
    expect(await upgrade()).toEqual({
      code: 7,
      out: '',
      err: `sallyport: you may not change ${root}/versions\n  Run: sudo env SALLYPORT_HOME=${rig.home} '${root}/bin/sallyport' upgrade ${gateway.origin}\n`,
    });
    expect(gateway.calls.toSorted()).toEqual([
      'GET /.sallyport/install/SHA256SUMS',
      'GET /.sallyport/install/SHA256SUMS.minisig',
    ]);
  });

  it.each([
    [
      'Homebrew',
      ['Cellar', 'sallyport', '0.0.1', 'libexec', 'versions', '0.0.1'],
      ['Cellar', 'sallyport', '0.0.1', 'INSTALL_RECEIPT.json'],
      'brew upgrade sallyport',
    ],
    ['krew', ['store', 'sallyport', 'v0.0.1'], ['receipts', 'sallyport.yaml'], 'kubectl krew upgrade sallyport'],
  ])(
    'is left to the program that has installed it, and downloads nothing: %s',
    async (manager, place, receipt, run) => {
      const installed = install(...place);
      const file = path.join(rig.directory, ...receipt);
      mkdirSync(path.dirname(file), { recursive: true });
      // The same directory without the receipt is that of someone who has unpacked an archive there.
      expect((await upgrade()).err).toContain('but not for this platform');
      writeFileSync(file, '');
      expect(await upgrade()).toEqual({
        code: 1,
        out: '',
        err: `sallyport: ${manager} has installed this program, and replaces it\n  Run: ${run}\n`,
      });
      expect(readdirSync(installed)).toEqual([]);
    },
  );

  it('says that the gateway offers nothing for the platform', async () => {
    const installed = install('opt');
    expect(await upgrade()).toMatchObject({
      code: 5,
      err: expect.stringContaining(`but not for this platform (sallyport-${version}-linux-x64.tar.gz)`),
    });
    expect(readdirSync(installed)).toEqual([]);
  });

  it('refuses two gateways', async () => {
    expect(await rig.run('upgrade', 'https://one.example.com', '--gateway', 'https://other.example.com')).toMatchObject(
      {
        code: 2,
        err: expect.stringContaining('the gateway is given twice'),
      },
    );
  });
});
