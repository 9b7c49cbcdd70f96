import { Argument, type Command } from 'commander';
import { shells, shellScripts, type Shell } from '../completion/shell-scripts.ts';
import type { Environment } from '../environment/environment.ts';
import { type OutputFormat, writeResult } from '../terminal/output.ts';
import { withExample, withOutput } from './command-kit.ts';

const moreHelp = `
It completes commands, options, clusters, ids of sessions and streams, gateways, contexts and files. For clusters and
ids it asks the gateway, for a second at most, and only if you are logged in.

To use it in every shell that you start:
  bash        add to ~/.bashrc:  source <(sallyport completion bash)
              bash 3.2 (macOS):  eval "$(sallyport completion bash)"
  zsh         add to ~/.zshrc, after compinit:  source <(sallyport completion zsh)
  fish        sallyport completion fish > ~/.config/fish/completions/sallyport.fish
  PowerShell  add to $PROFILE:  sallyport completion powershell | Out-String | Invoke-Expression`;

/** `sallyport completion`. */
export function addCompletion(program: Command, environment: Environment): void {
  const command = program
    .command('completion')
    .description('print the script that makes your shell complete the words of this command')
    .addArgument(new Argument('<shell>', 'your shell').choices(shells))
    .action(async (shell: Shell, { output }: { output: OutputFormat }) => {
      const script = shellScripts[shell];
      await writeResult(environment, output, { shell, script }, () => script);
    });
  withOutput(command).addHelpText('after', moreHelp);
  withExample(
    command,
    'sallyport completion fish > ~/.config/fish/completions/sallyport.fish',
    'source <(sallyport completion bash)',
  );
}
