import type { Command } from 'commander';
import { commandPath } from '../program/describe-usage-error.ts';
import { exitCodes, exitMeanings, type ExitName } from '../terminal/cli-error.ts';

/** The environment variables that the program reads, for the man page. A test checks that none is missing. */
const environmentVariables: Readonly<Record<string, string>> = {
  SALLYPORT_HOME: 'The directory for your credentials. The default is ~/.config/sallyport.',
  SALLYPORT_GATEWAY: 'The gateway of all commands, unless --gateway or --context names another.',
  SALLYPORT_TOKEN: 'The token of an agent, for mcp. --token-file keeps it out of the environment.',
  SALLYPORT_KEYRING: "If 1, tokens are kept in the system's keyring instead of files, where it has one.",
  SALLYPORT_RECORDINGS_IDENTITY:
    'The file with the private key that opens recordings, unless --identity names another.',
  SALLYPORT_CONFIG:
    "The gateway's configuration, for commands that read one, such as config check. The default is ./sallyport.yaml.",
  KUBECONFIG: 'Your kubeconfig files, separated by colons (semicolons on Windows). The default is ~/.kube/config.',
  KUBERNETES_EXEC_INFO:
    'Set by Kubernetes clients when they start exec-credential. It says which answer they understand, and whether the ' +
    'user can be asked.',
  HTTPS_PROXY: 'The proxy through which gateways are reached, except for the hosts in NO_PROXY.',
  PATH: 'Where the programs that open a browser are found, and this program, if a kubeconfig calls it by name.',
  PATHEXT: 'On Windows, the extensions of programs.',
  DISPLAY: 'If set, there is a screen on which a browser can open. WAYLAND_DISPLAY and WSL_DISTRO_NAME say the same.',
  BROWSER: 'If set, you have chosen a browser, and xdg-open starts it.',
  NO_COLOR: 'If set, the output has no colors. CLICOLOR=0 and TERM=dumb say the same.',
  FORCE_COLOR: 'If set, the output has colors also where it is not a terminal. CLICOLOR_FORCE says the same.',
  SSH_CONNECTION: 'If set, you are at another machine. SSH_TTY says the same.',
};

/** Escapes a text for roff (groff_man(7)): what it shows is what the text says. Hyphens can be copied as such. */
export function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll('…', '...')
    .replaceAll(/^(?=[.'])/gm, '\\&');
}

/** Returns a paragraph that hangs below a term. */
function tagged(term: string, meaning: string): string {
  return `.TP\n.B ${roff(term)}\n${roff(meaning)}\n`;
}

/** Returns lines that are printed as they are, indented. */
function verbatim(text: string): string {
  return `.RS\n.nf\n${roff(text.replaceAll(/^\n+|\n+$/g, ''))}\n.fi\n.RE\n`;
}

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

/** The help after the options: examples, and the text that a command adds. */
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
    `.SS ${roff(commandPath(command))}\n`,
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
