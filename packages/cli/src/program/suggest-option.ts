import type { Command } from 'commander';
import { commandPath } from './command-path.ts';
import { findSimilar } from './find-similar.ts';

/** Options of other programs, and how they are written here. */
const synonyms: Record<string, string> = {
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
export function suggestOption(command: Command, typed: string): string | undefined {
  const flag = typed.split('=')[0]!;
  const known = command.createHelp().visibleOptions(command);
  const longs = known.map(({ long }) => long).filter((long) => long !== undefined && long !== null);
  const meant = Object.hasOwn(synonyms, flag) ? synonyms[flag] : undefined;
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
