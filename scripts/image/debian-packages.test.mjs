import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { getDebianPackages, ownArchitecture } from './debian-packages.mjs';

let cache;
beforeEach(() => {
  cache = mkdtempSync(path.join(tmpdir(), 'sallyport-debian-'));
});
afterEach(() => rmSync(cache, { recursive: true }));
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** A mirror that has one version of a package, whose content is its version or `content`. */
function createMirror(version, content = version, { updated = true } = {}) {
  let downloads = 0;
  const settings = new Set();
  let listed = updated;
  const run = async (program, args, options) => {
    if (program === 'dpkg-deb') return { stdout: `dash\n${version}\namd64` };
    for (const setting of args.filter((_one, index) => args[index - 1] === '-o')) settings.add(setting);
    if (args.includes('update')) {
      listed = true;
      return { stdout: '' };
    }
    if (!listed) throw Object.assign(new Error('apt'), { stderr: 'E: Unable to locate package dash' });
    downloads += 1;
    const [, wanted] = args.at(-1).split('=');
    if (wanted !== undefined && wanted !== version) throw Object.assign(new Error('apt'), { stderr: 'E: not found' });
    writeFileSync(path.join(options.cwd, `dash_${version}_amd64.deb`), content);
    return { stdout: '' };
  };
  return { run, settings, downloads: () => downloads };
}
const pinned = [{ name: 'dash', version: '1-1', architecture: 'amd64', sha256: sha256('1-1') }];
const said = [];
const get = (mirror, locked = false, architecture = ownArchitecture) =>
  getDebianPackages({ pinned, architecture, cache, locked, say: (line) => said.push(line), run: mirror.run });

describe('the Debian packages of the base', () => {
  it('are those that are pinned, and downloaded once', async () => {
    const mirror = createMirror('1-1');
    expect(await get(mirror)).toMatchObject([{ name: 'dash', version: '1-1' }]);
    expect(await get(mirror, true)).toMatchObject([{ name: 'dash', version: '1-1' }]);
    expect(mirror.downloads()).toBe(1);
    expect(said).toEqual([]);
  });

  it('are found on a machine that has no lists of packages yet', async () => {
    expect(await get(createMirror('1-1', '1-1', { updated: false }), true)).toMatchObject([{ version: '1-1' }]);
  });

  it('are newer ones if the mirror has no others, which is said, and refused on request', async () => {
    const mirror = createMirror('1-2');
    await expect(get(mirror, true)).rejects.toThrow('--update-base');
    expect(await get(mirror)).toMatchObject([{ version: '1-2', sha256: sha256('1-2') }]);
    expect(said).toEqual([expect.stringContaining('dash 1-2 is not what is pinned, which is 1-1')]);
  });

  it('are found for another architecture with lists of its own, which leaves those of the machine alone', async () => {
    const [own, other] = [createMirror('1-1'), createMirror('1-1', '1-1', { updated: false })];
    await get(own);
    expect([...own.settings]).toEqual(['APT::Sandbox::User=root']);
    rmSync(path.join(cache, 'dash_1-1_amd64.deb'));
    await get(other, true, 'riscv64');
    const state = path.join(cache, 'apt-riscv64');
    expect([...other.settings]).toEqual(
      expect.arrayContaining(['APT::Architecture=riscv64', `Dir::State::Lists=${state}/lists`, `Dir::Cache=${state}`]),
    );
    expect(existsSync(path.join(state, 'lists/partial'))).toBe(true);
  });

  it('are refused with other contents, and not kept', async () => {
    const mirror = createMirror('1-1', 'something else');
    await expect(get(mirror)).rejects.toThrow('is not what is pinned');
    expect(existsSync(path.join(cache, 'dash_1-1_amd64.deb'))).toBe(false);
  });
});
