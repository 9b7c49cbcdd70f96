import type { Command } from 'commander';

/** Returns how a command is typed, such as `sallyport audit search`. */
export function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
}
