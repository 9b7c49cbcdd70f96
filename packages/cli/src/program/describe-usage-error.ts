import type { Command } from 'commander';
import { readWords } from '../completion/read-words.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { distance } from 'fastest-levenshtein';

/** An error of the command parser. */
export type UsageError = { code: string; exitCode: number; message: string };

/** Returns the word in quotes in the message of the parser. */
const quoted = (message: string) => /'(.*)'/s.exec(message)?.[1] ?? '';

/** Describes a wrong command line: what is wrong, what was probably meant, and where the help is. */
export function describeUsageError(program: Command, args: readonly string[], { code, message }: UsageError): string {
  const { command } = readWords(program, args);
  const suggestion =
    code === 'commander.unknownCommand'
      ? suggestCommand(command, quoted(message))
      : code === 'commander.unknownOption'
        ? suggestOption(command, quoted(message))
        : undefined;
  const what = message
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    // The value of an unknown option may be a secret, and the output of a pipeline is not.
    .replace(/^(unknown option '[^=]*)=.*'$/s, "$1'");
  const help = `To see what it takes, run: ${commandPath(command)} --help`;
  return `${[`sallyport: ${what}`, ...(suggestion === undefined ? [] : [`  ${suggestion}`]), `  ${help}`].map(forTerminal).join('\n')}\n`;
}

/** What only kubectl does. `explain` and `version` exist here too. */
const ofKubectl = new Set(
  'annotate api-resources apply attach auth autoscale cluster-info cordon cp create debug delete describe diff drain edit events exec expose get label logs patch port-forward proxy replace rollout run scale set taint top uncordon wait'.split(
    ' ',
  ),
);

/** Words of other programs, and how they are said here. */
const commandSynonyms: Record<string, string> = {
  can: 'can-i',
  context: 'kubeconfig --merge',
  contexts: 'clusters',
  diagnose: 'doctor',
  id: 'whoami',
  info: 'status',
  kube: 'kubeconfig --merge',
  kubectl: 'kubeconfig --merge',
  list: 'clusters',
  'log-in': 'login',
  'log-out': 'logout',
  logoff: 'logout',
  ls: 'clusters',
  me: 'whoami',
  ps: 'sessions list --streams',
  signin: 'login',
  signout: 'logout',
  streams: 'sessions list --streams',
  upgrade: 'version',
  use: 'kubeconfig --merge',
  who: 'whoami',
};

const ofSessions: Record<string, string> = {
  delete: 'revoke',
  end: 'revoke',
  kill: 'revoke',
  ls: 'list',
  rm: 'revoke',
};

/** Returns all commands below one, with their paths. */
function allBelow(command: Command): { name: string; path: string }[] {
  return command.commands.flatMap((one) => [{ name: one.name(), path: commandPath(one) }, ...allBelow(one)]);
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

/** Suggests what the user meant by a word that is not a command. Returns undefined rather than a guess. */
function suggestCommand(command: Command, word: string): string | undefined {
  const root = rootOf(command);
  if (command === root && ofKubectl.has(word))
    return `kubectl does that: run "kubectl ${word} ...", with a context from "sallyport kubeconfig --merge".`;
  const similar = findSimilar(
    word,
    command.commands.map((one) => one.name()),
  );
  if (similar !== undefined) return `Did you mean "${commandPath(command)} ${similar}"?`;
  const elsewhere = allBelow(root).filter(({ name }) => name === word);
  if (elsewhere.length > 0) return `Did you mean ${elsewhere.map(({ path }) => `"${path}"`).join(' or ')}?`;
  const own = command === root ? commandSynonyms : command.name() === 'sessions' ? ofSessions : {};
  return Object.hasOwn(own, word) ? `Did you mean "${commandPath(command)} ${own[word]!}"?` : undefined;
}

/** Options of other programs, and how they are written here. */
const optionSynonyms: Record<string, string> = {
  '--all-users': '--all',
  '--ca': '--ca-file',
  '--cacert': '--ca-file',
  '--certificate-authority': '--ca-file',
  '--format': '--output',
  '--host': '--gateway',
  '--id': '--audit-id',
  '--ip': '--address',
  '--json': '--output json',
  '--kube-context': '--context',
  '--ns': '--namespace',
  '--proxy': '--gateway',
  '--server': '--gateway',
  '--type-of-event': '--type',
  '--url': '--gateway',
  '--wide': '--output wide',
  '--yaml': '--output yaml',
  '-v': '--version',
  '-c': '--cluster',
  '-u': '--user',
  '-y': '--yes',
};

/** Suggests what the user meant by an option that a command does not have. Returns undefined rather than a guess. */
function suggestOption(command: Command, typed: string): string | undefined {
  const flag = typed.split('=')[0]!;
  const known = command.createHelp().visibleOptions(command);
  const longs = known.map(({ long }) => long).filter((long) => long !== undefined && long !== null);
  const meant = Object.hasOwn(optionSynonyms, flag) ? optionSynonyms[flag] : undefined;
  if (meant !== undefined && longs.includes(meant.split(' ')[0]!)) return `Did you mean ${meant}?`;
  const similar = flag.startsWith('--')
    ? findSimilar(
        flag.slice(2),
        longs.map((long) => long.slice(2)),
      )
    : undefined;
  if (similar !== undefined) return `Did you mean --${similar}?`;
  const below = command.commands.filter(({ options }) => options.some(({ long }) => long === flag));
  return below.length === 0
    ? undefined
    : `Did you mean ${below.map((one) => `"${commandPath(one)} ${flag}"`).join(' or ')}?`;
}

const shortestBeginning = 3;

/** Counts the slips of the keys between two words. Two letters that changed places are one slip. */
function slipsBetween(typed: string, word: string): number {
  const swapped = Array.from(
    { length: typed.length - 1 },
    (_none, at) => `${typed.slice(0, at)}${typed[at + 1]}${typed[at]}${typed.slice(at + 2)}`,
  );
  return Math.min(distance(typed, word), ...swapped.map((one) => 1 + distance(one, word)));
}

/** Returns the one word that was probably meant: it differs by a slip or two, or begins with what was typed. */
function findSimilar(typed: string, words: readonly string[]): string | undefined {
  const slips = typed.length <= 4 ? 1 : 2;
  const near = words
    .map((word) => ({ word, distance: slipsBetween(typed.toLowerCase(), word) }))
    .filter(({ distance }) => distance <= slips)
    .toSorted((a, b) => a.distance - b.distance);
  // Two words that are equally near are a guess, which helps no one.
  if (near.length > 0) return near[1]?.distance === near[0]!.distance ? undefined : near[0]!.word;
  const begun = typed.length < shortestBeginning ? [] : words.filter((word) => word.startsWith(typed));
  return begun.length === 1 ? begun[0] : undefined;
}

/** Returns how a command is typed, such as `sallyport audit search`. */
export function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
}
