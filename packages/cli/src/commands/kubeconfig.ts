import type { Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { withExample, withGateway, withOutput, lazily } from './command-kit.ts';

/** `sallyport kubeconfig`. */
export function addKubeconfig(program: Command, environment: Environment): void {
  const command = program
    .command('kubeconfig')
    .description('print kubeconfig entries for your clusters, or write them into your kubeconfig')
    .option('--cluster <names>', 'only these clusters, separated by commas')
    .option(
      '--merge',
      'write the entries into your kubeconfig (KUBECONFIG or ~/.kube/config) and leave its other entries as they are',
    )
    .option(
      '--prefix <text>',
      'what the names begin with; with --merge, remembered for this gateway (default: sallyport-)',
    )
    .option('--offline', 'do not ask the gateway; needs --cluster')
    .option('--ca-file <file>', "PEM file of the CA that signed the gateway's certificate; remembered for this gateway")
    .option(
      '--ca-fingerprint <sha256>',
      'instead of --ca-file: the SHA-256 fingerprint of that CA, which the program then gets from the gateway',
    )
    .option('--cli <path>', 'the program that gives kubectl its credential (default: this one)')
    .option('--rbac', "instead, print the ClusterRole that the gateway's ServiceAccount needs in a cluster")
    .option(
      '--config <file>',
      "with --rbac: the gateway's configuration (default: SALLYPORT_CONFIG, then ./sallyport.yaml)",
    )
    .action(lazily(environment, async () => (await import('../kubeconfig/write-kubeconfig.ts')).writeKubeconfig));
  withExample(
    withGateway(command),
    'sallyport kubeconfig --merge --cluster dev',
    'sallyport kubeconfig --merge --gateway gate.example.com --prefix work-',
    'sallyport kubeconfig --rbac --config sallyport.yaml | kubectl apply -f -',
  );
}

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
