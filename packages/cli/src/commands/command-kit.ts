import { Option, type Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import type { OutputFormat } from '../terminal/output.ts';

/** What every list has in addition. `name` prints what other commands accept, one per line. */
export const listFormats: readonly OutputFormat[] = ['wide', 'name'];

/** Adds `-o text|json|yaml`, and the further formats that a command supports. A list can also omit its heading. */
export function withOutput(command: Command, more: readonly OutputFormat[] = []): Command {
  command.addOption(
    new Option('-o, --output <format>', 'output format').choices(['text', 'json', 'yaml', ...more]).default('text'),
  );
  return more.includes('wide') ? command.option('--no-headers', 'print the table without its heading') : command;
}

/** Adds `--gateway` and `--context`. */
export function withGatewayNames(command: Command): Command {
  return command
    .option(
      '--gateway <url>',
      "the gateway, such as gate.example.com (default: SALLYPORT_GATEWAY, kubectl's current context, your last login)",
    )
    .option(
      '--context <name>',
      'the gateway of this context of kubectl, and where a cluster is asked for, its cluster',
    );
}

/** Adds `--gateway`, `--context` and `-o`. */
export function withGateway(command: Command, more: readonly OutputFormat[] = []): Command {
  return withOutput(withGatewayNames(command), more);
}

/** Adds examples to the help of a command. */
export function withExample(command: Command, ...lines: string[]): Command {
  return command.addHelpText('after', `\nExample:\n${lines.map((line) => `  ${line}\n`).join('')}`);
}

/** Adds the formats of a report. */
export function withReportFormat(command: Command): Command {
  return command
    .addOption(
      new Option('-o, --output <format>', 'output format')
        .choices(['text', 'csv', 'markdown', 'json', 'yaml'])
        .default('text'),
    )
    .option('--no-headers', 'print the table without its heading');
}

/** Collects the values of an option that can be repeated. */
export const collect = (value: string, before: string[] = []): string[] => [...before, value];

/** Collects the values of an option that can be repeated, each with commas between them. */
export const collectEach = (value: string, before: string[] = []): string[] => [
  ...before,
  ...value.split(',').filter(Boolean),
];

/**
 * Returns the action of a command. It loads the function of the command when the command runs, and calls it with the
 * environment, the arguments and the options.
 */
export function lazily<Given extends unknown[]>(
  environment: Environment,
  load: () => Promise<(environment: Environment, ...given: Given) => Promise<void>>,
) {
  return async (...given: [...Given, Command]): Promise<void> =>
    (await load())(environment, ...(given.slice(0, -1) as Given));
}
