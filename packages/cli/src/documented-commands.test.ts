import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { Command, Option } from 'commander';
import { createProgram } from './commands/create-program.ts';
import { createRig } from './testing/rig.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
// The records of decisions and the changelog describe the program as it was.
const exclude = ['docs/adr/**', '**/node_modules/**'];
const pages = ['README.md', 'docs/**/*.md', 'packages/*/README.md', 'charts/**/*.md', 'k8s/**/*.md'].flatMap(
  (pattern) => globSync(pattern, { cwd: root, exclude }),
);

const rig = createRig();
rig.remove();
const program = createProgram(rig.environment);

const childOf = (command: Command, word: string) =>
  command.commands.find((one) => one.name() === word || one.aliases().includes(word));

/** A command whose output is a word of another one. */
const substitution = /\$\(([^()]*)\)/g;

/** The commands in a text: the lines of its code blocks, and its code spans. */
function commandsIn(text: string): string[] {
  const blocks = [...text.matchAll(/^```(\w+)?[^\n]*\n([\s\S]*?)^```$/gm)];
  const lines = blocks
    .filter(([, language]) => ['sh', 'bash', 'console', 'powershell'].includes(language ?? ''))
    .flatMap(([, , block]) => block!.replaceAll(/\\\n\s*/g, ' ').split('\n'))
    .map((line) => line.replace(/^\$ /, ''));
  const spans = [...text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`]+)`/g)].map(([, span]) =>
    span!.replaceAll(/\s+/g, ' '),
  );
  const isOurs = (words: string) => words.startsWith('sallyport ');
  // Pages also name a command without the program: "`elevations list --all`".
  const withoutProgram = spans
    .filter((span) => {
      const [group = '', name = ''] = span.split(' ');
      const parent = childOf(program, group);
      return parent !== undefined && (name.startsWith('--') || childOf(parent, name) !== undefined);
    })
    .map((span) => `sallyport ${span}`);
  const inner = [...lines, ...spans].flatMap((words) => [...words.matchAll(substitution)].map(([, one]) => one!));
  return [...lines, ...spans, ...inner].filter(isOurs).concat(withoutProgram);
}

/** Splits a command at spaces, and ends it where the shell would end it or a comment begins. */
function wordsOf(command: string): string[] {
  const [one = ''] = command.replaceAll(substitution, '...').split(/ (?:[|&;<>]|\d?>|#)/, 1);
  return [...one.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/["']/g, '')).slice(1);
}

const isPlaceholder = (word: string) => /[A-Z<[…]|\.\.\./.test(word);

function optionFault(options: readonly Option[], word: string, next: string | undefined): string | undefined {
  const [name = '', given] = word.split('=', 2);
  const option = options.find(({ long, short }) => long === name || short === name);
  if (!option) return `there is no option ${name}`;
  const value = given ?? (option.required ? next : undefined);
  if (option.argChoices === undefined || value === undefined || isPlaceholder(value)) return undefined;
  const wrong = value.split(/[|,]/).filter((one) => !option.argChoices!.includes(one));
  return wrong.length === 0 ? undefined : `${name} does not take ${wrong.join(', ')}`;
}

/** Returns what the program would not understand in a command; undefined if it understands all of it. */
function faultOf(command: string): string | undefined {
  let at: Command = program;
  const options = [...program.options];
  const words = wordsOf(command);
  for (const [index, word] of words.entries()) {
    if (word === '--') return undefined;
    if (/^--?[a-z]/i.test(word)) {
      if (['--help', '-h', '--version'].includes(word)) continue;
      const fault = optionFault(options, word, words[index + 1]);
      if (fault !== undefined) return fault;
      continue;
    }
    const child = childOf(at, word);
    if (child) {
      at = child;
      options.push(...child.options);
    } else if (at.commands.length > 0 && at.registeredArguments.length === 0 && !isPlaceholder(word)) {
      return `${at.name()} has no command ${word}`;
    }
  }
  return undefined;
}

describe('the commands in the documentation', () => {
  it('are found', () => {
    expect(pages.length).toBeGreaterThan(40);
    const all = pages.flatMap((page) => commandsIn(readFileSync(path.join(root, page), 'utf8')));
    expect(all.length).toBeGreaterThan(200);
  });

  it.each([
    ['sallyport audit serach', 'audit has no command serach'],
    ['sallyport audit search --form now', 'there is no option --form'],
    ['sallyport audit search --result maybe', '--result does not take maybe'],
    ['sallyport audit search --user x | grep --count y', undefined],
  ])('are compared with the program: %s', (command, fault) => {
    expect(faultOf(command)).toBe(fault);
  });

  it.each(pages)('exist as %s writes them', (page) => {
    const faults = commandsIn(readFileSync(path.join(root, page), 'utf8')).flatMap((command) => {
      const fault = faultOf(command);
      return fault === undefined ? [] : [`${command}: ${fault}`];
    });
    expect(faults).toEqual([]);
  });
});
