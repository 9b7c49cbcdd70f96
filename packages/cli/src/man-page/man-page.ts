import type { Command } from 'commander';
import { exitCodes, exitMeanings, type ExitName } from '../terminal/exit-codes.ts';
import { environmentVariables } from './environment-variables.ts';
import { roff, tagged, verbatim } from './roff.ts';

const files: Readonly<Record<string, string>> = {
  '~/.config/sallyport': 'Your credentials, one directory for each gateway. Only you can read it.',
  '~/.kube/config': 'Your kubeconfig, to which sallyport kubeconfig --merge adds entries.',
  './sallyport.yaml': "The gateway's configuration, for commands that read one.",
};

/** Returns all commands below a command, in the order of the help. */
function below(command: Command): Command[] {
  const children = command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help');
  return children.flatMap((one) => [one, ...below(one)]);
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

/** Returns what the help says after the options: examples, and what a command adds. */
function textAfterOptions(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (written) => {
      text += written;
    },
  });
  command.outputHelp();
  return text.slice(command.helpInformation().length);
}

function commandSection(command: Command): string {
  const help = command.createHelp();
  const terms = [
    ...help
      .visibleArguments(command)
      .map((one) => tagged(help.argumentTerm(one), sentence(help.argumentDescription(one)))),
    ...help
      .visibleOptions(command)
      .filter((one) => one.long !== '--help')
      .map((one) => tagged(help.optionTerm(one), sentence(help.optionDescription(one)))),
  ];
  return [
    `.SS ${roff(fullName(command))}\n`,
    `${roff(sentence(command.description()))}\n`,
    `.PP\n.B ${roff(help.commandUsage(command))}\n`,
    ...terms,
    `.PP\n${verbatim(textAfterOptions(command))}`,
  ].join('');
}

function sentence(text: string): string {
  const whole = text.trim();
  return `${whole.slice(0, 1).toUpperCase()}${whole.slice(1)}${/[.?!]$/.test(whole) ? '' : '.'}`;
}

/** Returns the man page of the program in roff: all commands and options, exit codes, variables and files. */
export function manPage(program: Command, version: string): string {
  const name = program.name();
  const example = /\nExample:\n([^]*?)\n\n/.exec(textAfterOptions(program))?.[1] ?? '';
  const codes = Object.entries(exitMeanings).map(([code, meaning]) =>
    tagged(String(exitCodes[code as ExitName]), sentence(meaning)),
  );
  const table = (entries: Readonly<Record<string, string>>) =>
    Object.entries(entries).map(([term, meaning]) => tagged(term, meaning));
  return [
    `.\\" Generated from the help of the program.\n`,
    `.TH ${name.toUpperCase()} 1 "" "Sallyport ${roff(version)}" "Sallyport Manual"\n`,
    `.SH NAME\n${name} \\- reach Kubernetes clusters through a Sallyport gateway\n`,
    `.SH SYNOPSIS\n.B ${name}\n.I command\n[options]\n`,
    `.SH DESCRIPTION\n${roff(program.description())}\n`,
    `.PP\nExample:\n${verbatim(example)}`,
    `.PP\nEvery command has the option \\fB${roff('-h, --help')}\\fR.\n`,
    `.SH COMMANDS\n`,
    ...below(program).map(commandSection),
    `.SH EXIT STATUS\n`,
    ...codes,
    `.SH ENVIRONMENT\n`,
    ...table(environmentVariables),
    `.SH FILES\n`,
    ...table(files),
    `.SH SEE ALSO\n.BR kubectl (1)\n`,
  ].join('');
}
