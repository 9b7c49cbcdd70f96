import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { createProgram } from '../commands/create-program.ts';
import { exitCodes } from '../terminal/cli-error.ts';
import { createRig } from '../testing/rig.ts';
import { manPage, roff } from './man-page.ts';

const rig = createRig();
rig.remove();
const page = manPage(createProgram(rig.environment), '1.2.3');

type Listed = { path: string; options: string[] };
const listed = (command: Command, before = 'sallyport'): Listed[] =>
  command.commands
    .filter((one) => command.createHelp().visibleCommands(command).includes(one))
    .flatMap((one) => {
      const path = `${before} ${one.name()}`;
      const options = one.options.filter(({ hidden }) => !hidden).map(({ long, short }) => (long ?? short)!);
      return [{ path, options }, ...listed(one, path)];
    });
const all = listed(createProgram(rig.environment));
const sectionOf = (path: string) => {
  const [, rest = ''] = page.split(`\n.SS ${roff(path)}\n`);
  return rest.split(/^\.S[SH] /m)[0]!;
};

describe('the man page', () => {
  it.each(all)('describes $path with its options and an example', ({ path, options }) => {
    const section = sectionOf(path);
    for (const option of options) expect(section).toContain(roff(option));
    expect(section).toMatch(/^Example:\n {2}sallyport /m);
  });

  it('lists every exit code', () => {
    const [, codes = ''] = page.split('.SH EXIT STATUS\n');
    for (const code of Object.values(exitCodes)) expect(codes).toContain(`.B ${code}\n`);
  });

  it('lists every environment variable that the program reads', () => {
    const sources = fileURLToPath(new URL('..', import.meta.url));
    const read = globSync('**/*.ts', { cwd: sources, exclude: ['**/*.test.ts', 'testing/**'] })
      .flatMap((file) => [...readFileSync(`${sources}${file}`, 'utf8').matchAll(/\benv\.([A-Z][A-Z_]+)/g)])
      .map(([, name]) => name!);
    expect(read.length).toBeGreaterThan(5);
    const [, section = ''] = page.split('.SH ENVIRONMENT\n');
    expect([...new Set(read)].filter((name) => !new RegExp(`\\b${name}\\b`).test(section))).toEqual([]);
  });
});

describe('the escapes of roff', () => {
  it('keep requests, backslashes, quotes and hyphens from being interpreted', () => {
    expect(roff('.TH "x"\n\'y \\fB --z')).toBe("\\&.TH \\(dqx\\(dq\n\\&'y \\efB \\-\\-z");
  });
});
