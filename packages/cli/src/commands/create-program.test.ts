import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { createProgram } from './create-program.ts';
import { createRig, type Rig } from '../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());

function paths(command: Command): string[][] {
  return command.commands.flatMap((one) => [[one.name()], ...paths(one).map((rest) => [one.name(), ...rest])]);
}
const program = createProgram(createRig().environment);
const all = paths(program);

describe('every command', () => {
  it.each(all)('%s has help with an example', async (...path) => {
    const { code, out, err } = await rig.run(...path, '--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/Example:\n {2}sallyport /);
  });

  // Those that only group others, one that prints messages of a protocol, two that print their log, and two that play.
  const without = [
    ...'agent audit cluster config connector elevations mcp notifications policy recordings serve service-account'.split(
      ' ',
    ),
    'sessions',
    'recordings play',
    'sessions watch',
  ];
  it.each(all.filter((path) => !without.includes(path.join(' '))))(
    '%s takes -o json and refuses another form',
    async (...path) => {
      expect((await rig.run(...path, '--help')).out).toContain('-o, --output <format>');
      expect(await rig.run(...path, 'https://x', '-o', 'xml')).toMatchObject({ code: 2, out: '' });
    },
  );
});

describe('the formats of a command', () => {
  const commands = (command: Command): Command[] => [command, ...command.commands.flatMap(commands)];
  const choices = commands(program).flatMap((command) =>
    command.options
      .filter((option) => option.long === '--output')
      .map((option): [string, string[]] => [command.name(), option.argChoices ?? []]),
  );

  it('are known for all of them', () => {
    expect(choices.length).toBeGreaterThan(30);
  });

  it.each(choices)('are each listed once: %s', (_name, formats) => {
    expect(formats).not.toEqual([]);
    expect(formats).toEqual([...new Set(formats)]);
  });
});

describe('the command line', () => {
  it('exits with 2 on wrong usage, and mentions the help', async () => {
    for (const args of [['nope'], ['login', '--nope'], ['sessions', 'revoke']]) {
      const { code, out, err } = await rig.run(...args);
      expect({ args, code, out }).toEqual({ args, code: 2, out: '' });
      expect(err).toMatch(/--help|Usage:/);
    }
  });

  it.each([
    ['lgoin', 'Did you mean "sallyport login"?'],
    ['log-in', 'Did you mean "sallyport login"?'],
    ['session list', 'Did you mean "sallyport sessions"?'],
    ['sesions list', 'Did you mean "sallyport sessions"?'],
    ['clustres', 'Did you mean "sallyport clusters"?'],
    ['ls', 'Did you mean "sallyport clusters"?'],
    ['ps', 'Did you mean "sallyport sessions list --streams"?'],
    ['tail', 'Did you mean "sallyport audit tail"?'],
    ['lint x.yaml', 'Did you mean "sallyport policy lint"?'],
    ['get pods -A', 'kubectl does that: run "kubectl get ..."'],
    ['exec -it web -- sh', 'kubectl does that: run "kubectl exec ..."'],
    ['sessions end x', 'Did you mean "sallyport sessions revoke"?'],
    ['audit serach', 'Did you mean "sallyport audit search"?'],
    [
      'audit --since 2h',
      'Did you mean "sallyport audit search --since" or "sallyport audit export --since" or "sallyport audit report --since" or "sallyport audit summary --since" or "sallyport audit verify --since" or "sallyport audit join --since"?',
    ],
    ['audit search --usr bob', 'Did you mean --user?'],
    ['audit search --ns dev', 'Did you mean --namespace?'],
    ['whoami --json', 'Did you mean --output json?'],
    ['login --url=https://x', 'Did you mean --gateway?'],
    ['kubeconfig --mrege', 'Did you mean --merge?'],
    ['-v', 'Did you mean --version?'],
  ])('suggests for "%s": %s', async (line, words) => {
    const { code, out, err } = await rig.run(...line.split(' '));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(
      /^sallyport: unknown (command|option) '[^']+'\n {2}.*\n {2}To see what it takes, run: sallyport.* --help\n$/,
    );
    expect(err).toContain(words);
  });

  it.each(['zzzz', 'frobnicate', 'audit zzz', 'whoami --zzzz', 'constructor', 'whoami --constructor'])(
    'does not guess for "%s"',
    async (line) => {
      const { code, err } = await rig.run(...line.split(' '));
      expect(code).toBe(2);
      expect(err).not.toMatch(/mean|kubectl/);
    },
  );

  it('does not print the value of an option that it does not know', async () => {
    const { code, err } = await rig.run('whoami', '--token=planted-secret');
    expect(code).toBe(2);
    expect(err).toContain("unknown option '--token'");
    expect(err).not.toContain('planted');
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
