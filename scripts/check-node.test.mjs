import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { describe, expect, it } from '@jest/globals';

const script = new URL('./check-node.mjs', import.meta.url).href;

/** Runs the check as it would run on another machine. */
function check(platform, arch, node) {
  const program = `
    for (const [name, value] of Object.entries(${JSON.stringify({ platform, arch, versions: { node } })}))
      Object.defineProperty(process, name, { value });
    await import(${JSON.stringify(script)});`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  return { status, stderr };
}

describe('the check before an install', () => {
  it.each([
    ['linux', 'x64', '20.0.0'],
    ['win32', 'x64', '22.1.0'],
    ['darwin', 'arm64', '24.0.0'],
    ['freebsd', 'x64', '25.1.0'],
  ])('accepts %s %s with Node.js %s', (...machine) => {
    expect(check(...machine)).toEqual({ status: 0, stderr: '' });
  });

  it.each([
    ['linux', 'x64', '18.20.0', 'needs Node.js 20 or newer, but this is Node.js 18.20.0'],
    ['darwin', 'arm64', '22.1.0', 'needs Node.js 24 or newer, but this is Node.js 22.1.0. (npm has no Node.js 24'],
    ['linux', 'riscv64', '20.0.0', 'needs Node.js 24 or newer'],
  ])('refuses %s %s with Node.js %s, and says why', (platform, arch, node, why) => {
    const { status, stderr } = check(platform, arch, node);
    expect(status).toBe(1);
    expect(stderr).toContain(why);
    expect(stderr).toContain(platform === 'darwin' ? 'brew install node@24' : 'Install a current Node.js');
  });
});
