import { Option, type Command } from 'commander';
import type { OutputFormat } from '../terminal/output.ts';

/** What every command that talks to a gateway takes. */
export type GatewayOptions = { gateway?: string; output: OutputFormat };

/** Adds `-o text|json`, and what else a command knows. */
export function withOutput(command: Command, more: readonly string[] = []): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'form of the answer').choices(['text', 'json', ...more]).default('text'),
  );
}

/** Adds `--gateway` and `-o`. */
export function withGateway(command: Command, more: readonly string[] = []): Command {
  return withOutput(
    command.option('--gateway <url>', 'the gateway (default: the one that was logged in to last)'),
    more,
  );
}

/** Adds an example below a command's help. */
export function withExample(command: Command, ...lines: string[]): Command {
  return command.addHelpText('after', `\nExample:\n${lines.map((line) => `  ${line}\n`).join('')}`);
}
