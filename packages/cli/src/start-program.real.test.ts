import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const script = new URL('../bin/sallyport.js', import.meta.url).href;

/** Starts the program as another version of Node.js would. */
function startOn(version: string) {
  const program = `
    Object.defineProperty(process, 'versions', { value: { node: '${version}' } });
    process.argv.push('${fileURLToPath(script)}', '--version');
    await import(${JSON.stringify(script)});`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the start of the program', () => {
  it.each(['18.20.0', '20.11.1'])('refuses Node.js %s, and says what to install', (version) => {
    expect(startOn(version)).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/needs Node\.js 20\.12 or newer, but this is .*\n {2}Install /),
    });
  });
});
