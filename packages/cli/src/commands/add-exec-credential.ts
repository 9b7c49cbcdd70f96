import type { Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { withExample, withOutput } from './command-kit.ts';

/** `sallyport exec-credential`, for the help and for users. The calls of kubectl bypass the command parser. */
export function addExecCredential(program: Command, environment: Environment): void {
  const command = program
    .command('exec-credential')
    .description('print the credential for one cluster; kubectl calls this (see "sallyport kubeconfig")')
    .argument('<server>', 'the address of the cluster, as in the kubeconfig')
    .option('--gateway <url>', 'the gateway, if the cluster has its own host')
    .action(async (server: string, options: { gateway?: string }) => {
      const { runExecCredential } = await import('../login/exec-credential.ts');
      await runExecCredential(
        options.gateway === undefined ? [server] : [server, '--gateway', options.gateway],
        environment,
      );
    });
  withExample(withOutput(command), 'sallyport exec-credential https://gate.example.com:8443/clusters/dev');
}
