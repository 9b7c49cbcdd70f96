import { Option, type Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import type { GatewayNames } from '../gateway/find-gateway.ts';
import type { OutputFormat } from '../terminal/output.ts';

/** What every list has in addition. `name` prints what other commands accept, one per line. `csv` has all columns. */
export const listFormats: readonly OutputFormat[] = ['wide', 'name', 'csv'];

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

/** Adds what every list of the gateway has: `--gateway`, `--context`, `-o` with the formats of lists, and `--watch`. */
export function withList(command: Command): Command {
  return withGateway(command, listFormats).option('-w, --watch', 'show the list again when it changes, until Ctrl-C');
}

/** Adds `--web`. */
export function withPage(command: Command): Command {
  return command.option('--web', 'open the page of it in the browser instead');
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
 * environment, the arguments and the options. `page` is the path of the page that `--web` opens instead.
 */
export function lazily<Given extends unknown[]>(
  environment: Environment,
  load: () => Promise<(environment: Environment, ...given: Given) => Promise<void>>,
  page?: (...given: Given) => string,
) {
  return async (...all: [...Given, Command]): Promise<void> => {
    const given = all.slice(0, -1) as Given;
    const options = given.at(-1) as GatewayNames & { web?: boolean; watch?: boolean };
    if (page && options.web === true)
      return (await import('../login/open-page.ts')).openPage(environment, options, page(...given));
    const run = await load();
    const show = (at: Environment) => run(at, ...given);
    if (options.watch !== true) return show(environment);
    return (await import('../terminal/watch-list.ts')).watchList(environment, show);
  };
}

/** How the help describes a time, as `readMoment` reads it. */
export const momentHelp = 'how long ago (15m, 2h, 7d), today, yesterday, 09:30, or a time';
