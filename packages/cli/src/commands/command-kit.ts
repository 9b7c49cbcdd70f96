import { Option, type Command } from 'commander';
import type { OutputFormat } from '../terminal/output.ts';

/** The options of every command that calls a gateway. */
export type GatewayOptions = { gateway?: string; output: OutputFormat };

/** Adds `-o text|json`, and the further formats that a command supports. */
export function withOutput(command: Command, more: readonly string[] = []): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'output format').choices(['text', 'json', ...more]).default('text'),
  );
}

/** Adds `--gateway` and `-o`. */
export function withGateway(command: Command, more: readonly string[] = []): Command {
  return withOutput(command.option('--gateway <url>', 'the gateway (default: that of your last login)'), more);
}

/** Adds examples to the help of a command. */
export function withExample(command: Command, ...lines: string[]): Command {
  return command.addHelpText('after', `\nExample:\n${lines.map((line) => `  ${line}\n`).join('')}`);
}
