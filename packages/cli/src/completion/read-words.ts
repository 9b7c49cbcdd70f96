import type { Argument, Command, Option } from 'commander';

/** What the words before the one to complete lead to. */
export type Place = {
  command: Command;
  /** The option whose value comes next. `optional` if an option or argument may come as well. */
  option?: Option | undefined;
  /** The arguments so far. */
  operands: readonly string[];
  /** The values of options so far, by their long name. */
  given: ReadonlyMap<string, string>;
  /** After `--`, everything is an argument. */
  onlyOperands: boolean;
};

const takesValue = (option: Option) => option.required || option.optional;

/** Finds an option by `--name`, or by `-n`. */
function findOption(command: Command, flag: string): Option | undefined {
  return command.options.find(({ long, short }) => long === flag || short === flag);
}

const findSubcommand = (command: Command, word: string): Command | undefined =>
  command.commands.find((one) => one.name() === word || one.aliases().includes(word));

/** Returns the argument at a position. The last one may take any number of words. */
export function argumentAt({ registeredArguments }: Command, position: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[position] ?? (last?.variadic === true ? last : undefined);
}

/** Reads words as the parser would, without an opinion on whether they are right. */
export function readWords(program: Command, words: readonly string[]): Place {
  let command = program;
  let option: Option | undefined;
  let onlyOperands = false;
  const operands: string[] = [];
  const given = new Map<string, string>();
  for (const word of words) {
    const isFlag = !onlyOperands && word.startsWith('-') && word !== '-';
    if (option !== undefined && (option.required || !isFlag)) {
      given.set(option.long ?? option.short ?? '', word);
      if (!option.variadic) option = undefined;
    } else if (!onlyOperands && word === '--') {
      [onlyOperands, option] = [true, undefined];
    } else if (isFlag) {
      const [flag, value] = splitFlag(word);
      const found = findOption(command, flag);
      const name = found?.long ?? found?.short;
      if (name !== undefined) given.set(name, value ?? '');
      option = found !== undefined && value === undefined && takesValue(found) ? found : undefined;
    } else {
      const subcommand = operands.length === 0 && !onlyOperands ? findSubcommand(command, word) : undefined;
      if (subcommand === undefined) operands.push(word);
      else command = subcommand;
    }
  }
  return { command, option, operands, given, onlyOperands };
}

/** Splits `--name=value` and `-nvalue`. */
export function splitFlag(word: string): [flag: string, value: string | undefined] {
  if (!word.startsWith('--')) return word.length > 2 ? [word.slice(0, 2), word.slice(2)] : [word, undefined];
  const equals = word.indexOf('=');
  return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}
