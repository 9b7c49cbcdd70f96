import type { Command } from 'commander';
import { commandPath } from './command-path.ts';
import { findSimilar } from './find-similar.ts';

/** What only kubectl does. `explain` and `version` exist here too. */
const ofKubectl = new Set(
  'annotate api-resources apply attach auth autoscale cluster-info cordon cp create debug delete describe diff drain edit events exec expose get label logs patch port-forward proxy replace rollout run scale set taint top uncordon wait'.split(
    ' ',
  ),
);

/** Words of other programs, and how they are said here. */
const synonyms: Record<string, string> = {
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
export function suggestCommand(command: Command, word: string): string | undefined {
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
  const own = command === root ? synonyms : command.name() === 'sessions' ? ofSessions : {};
  return Object.hasOwn(own, word) ? `Did you mean "${commandPath(command)} ${own[word]!}"?` : undefined;
}
