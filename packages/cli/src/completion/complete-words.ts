import type { Argument, Command, Option } from 'commander';
import { argumentAt, readWords, splitFlag, type Place } from './read-words.ts';

/** A word that can come next, and what it is. */
export type Candidate = { value: string; about?: string };

/** What can come next: words, and whether files can. `words` are complete, also where only a part of one is new. */
export type Candidates = { words: readonly Candidate[]; files: boolean };

/** Where the values of an option or an argument come from. */
export type ValueSource = (place: Place) => Promise<readonly Candidate[]>;
/** Finds the source for `--name`, or for `command/argument`. */
export type FindSource = (name: string) => ValueSource | undefined;

const nothing: Candidates = { words: [], files: false };
// An option or argument that takes a file says so in its name, as in `--ca-file <file>`.
const namesFile = (text: string) => /<[^>]*\b(?:file|path)/.test(text);

async function values(
  place: Place,
  {
    name,
    choices,
    isFile,
    findSource,
  }: { name: string; choices?: readonly string[] | undefined; isFile: boolean; findSource: FindSource },
): Promise<Candidates> {
  if (choices !== undefined) return { words: choices.map((value) => ({ value })), files: false };
  const source = findSource(name);
  return { words: (await source?.(place)) ?? [], files: source === undefined && isFile };
}

const valuesOf = (place: Place, option: Option, findSource: FindSource) =>
  values(place, {
    name: option.long ?? '',
    choices: option.argChoices,
    isFile: namesFile(option.flags),
    findSource,
  });

const valuesAt = (place: Place, argument: Argument, findSource: FindSource) =>
  values(place, {
    name: `${place.command.name()}/${argument.name()}`,
    choices: argument.argChoices,
    isFile: namesFile(`<${argument.name()}>`),
    findSource,
  });

/** Returns the options that are not given yet. One with several values can be given again. */
function optionsOf({ command, given }: Place): Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .filter(({ long, variadic }) => long !== undefined && (variadic || !given.has(long)))
    .map(({ long, description }) => ({ value: long!, about: description }));
}

const subcommandsOf = (command: Command): Candidate[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), about: one.description() }));

/** The words that can come next, whatever has been typed of them. */
async function candidates(place: Place, current: string, findSource: FindSource): Promise<Candidates> {
  const { command, option, operands, onlyOperands } = place;
  if (!onlyOperands && current.startsWith('--') && current.includes('=')) {
    const flag = splitFlag(current)[0];
    const named = command.options.find(({ long }) => long === flag);
    if (named === undefined) return nothing;
    const { words, files } = await valuesOf(place, named, findSource);
    return { words: words.map((word) => ({ ...word, value: `${flag}=${word.value}` })), files };
  }
  if (option?.required === true) return valuesOf(place, option, findSource);
  if (!onlyOperands && current.startsWith('-')) return { words: optionsOf(place), files: false };
  const own = option === undefined ? nothing : await valuesOf(place, option, findSource);
  const argument = argumentAt(command, operands.length);
  const rest = argument === undefined ? nothing : await valuesAt(place, argument, findSource);
  const subcommands = operands.length === 0 && !onlyOperands ? subcommandsOf(command) : [];
  return { words: [...own.words, ...subcommands, ...rest.words], files: own.files || rest.files };
}

/** Returns the words that the last of these words can become. */
export async function completeWords(
  program: Command,
  words: readonly string[],
  findSource: FindSource,
): Promise<Candidates> {
  const current = words.at(-1) ?? '';
  const place = readWords(program, words.slice(0, -1));
  const { words: all, files } = await candidates(place, current, findSource);
  const taken = new Set(place.operands);
  return { words: all.filter(({ value }) => value.startsWith(current) && !taken.has(value)), files };
}
