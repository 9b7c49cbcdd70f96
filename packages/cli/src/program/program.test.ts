import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { createProgram } from './program.ts';
import { createRig, type Rig } from '../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());

function paths(command: Command): string[][] {
  return command.commands.flatMap((one) => [[one.name()], ...paths(one).map((rest) => [one.name(), ...rest])]);
}
const all = paths(createProgram(createRig().environment));

describe('every command', () => {
  it.each(all)('%s has help with an example', async (...path) => {
    const { code, out, err } = await rig.run(...path, '--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/Example:\n {2}sallyport /);
  });

  it.each(all.filter((path) => !['audit', 'sessions', 'policy', 'config'].includes(path.join(' '))))(
    '%s takes -o json and refuses another form',
    async (...path) => {
      expect((await rig.run(...path, '--help')).out).toContain('-o, --output <format>');
      expect(await rig.run(...path, 'https://x', '-o', 'xml')).toMatchObject({ code: 2, out: '' });
    },
  );
});

describe('the command line', () => {
  it('exits with 2 on wrong usage, and mentions the help', async () => {
    for (const args of [['nope'], ['login', '--nope'], ['audit'], ['sessions', 'revoke'], []]) {
      const { code, out, err } = await rig.run(...args);
      expect({ args, code, out }).toEqual({ args, code: 2, out: '' });
      expect(err).toMatch(/--help|Usage:/);
    }
  });

  it('lists every exit code in its help', async () => {
    const { out } = await rig.run('--help');
    for (let code = 0; code <= 10; code += 1) expect(out).toMatch(new RegExp(`^ {2}${code} {1,2}\\S`, 'm'));
  });

  it('has the version of its package', async () => {
    const { version: ofPackage } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect((await rig.run('--version')).out).toBe(`${ofPackage}\n`);
  });
});
