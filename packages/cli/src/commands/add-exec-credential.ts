import type { Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { withExample, withOutput } from './command-kit.ts';

/** `sallyport exec-credential`, as the help shows it; kubectl's own calls go past the command parser. */
export function addExecCredential(program: Command, environment: Environment): void {
  const command = program
    .command('exec-credential')
    .description('print the credential for one cluster; kubectl calls this (see "sallyport kubeconfig")')
    .argument('<server>', "the cluster's address as it stands in the kubeconfig")
    .option('--gateway <url>', 'the gateway, where the cluster has a host of its own')
    .action(async (server: string, options: { gateway?: string }) => {
      const { runExecCredential } = await import('./exec-credential.ts');
      await runExecCredential(
        options.gateway === undefined ? [server] : [server, '--gateway', options.gateway],
        environment,
      );
    });
  withExample(withOutput(command), 'sallyport exec-credential https://gate.example.com:8443/clusters/dev');
}
