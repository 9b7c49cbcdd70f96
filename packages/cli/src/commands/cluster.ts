import { Option, type Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { collect, withExample, withOutput, lazily } from './command-kit.ts';

/** Adds `--kubeconfig` and `--context`. */
function withAdminKubeconfig(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'the kubeconfig of an administrator of the cluster')
    .option('--context <name>', 'its context (default: its current one)');
}

/** Adds `--namespace` and `--account`. */
function withAccount(command: Command): Command {
  return command
    .option('--namespace <name>', "the namespace of the gateway's ServiceAccount", 'sallyport')
    .option('--account <name>', 'the name of the ServiceAccount, its ClusterRole and binding', 'sallyport-gateway');
}

/** `sallyport cluster add`. */
function addClusterAdd(cluster: Command, environment: Environment): void {
  const command = cluster
    .command('add <name>')
    .description("make the gateway's account in a cluster, and print or write what sallyport.yaml needs")
    .option(
      '--groups <names>',
      'the groups that the gateway may send there, separated by commas (default: as before, at first every group)',
    )
    .option('--allow-system <names>', 'the names beginning with system: that it may send, separated by commas')
    .addOption(
      new Option('--token <kind>', 'bound: a token that expires; secret: one that does not, kept in a Secret')
        .choices(['bound', 'secret'])
        .default('bound'),
    )
    .option('--token-lifetime <time>', 'how long a bound token is valid; the cluster may allow less', '30d')
    .option(
      '--server <url>',
      'the address at which the gateway reaches the API server (default: the kubeconfig has it)',
    )
    .option(
      '--out <path>',
      'write the entry, the CA and the token to files in this directory, instead of printing them',
    )
    .option('--force', 'overwrite files in --out that have other content')
    .option(
      '--connector',
      'for a cluster that the gateway cannot dial: make a connector there too, which dials the gateway. Without --kubeconfig, print what to apply',
    )
    .option('--gateway <url>', 'with --connector: the address of the gateway')
    .option('--gateway-ca <file>', 'with --connector: the CA of the gateway, if it is not a public one')
    .option(
      '--gateway-public-key <key>',
      'with --connector: services.proxy.publicKey of the gateway, in base64; may be repeated',
      collect,
    )
    .option('--image <name>', 'with --connector: the image of Sallyport')
    .option('--dry-run', 'print the objects as YAML, and ask or change nothing')
    .action(lazily(environment, async () => (await import('../cluster/choose-add.ts')).chooseAdd));
  withAccount(withAdminKubeconfig(command));
  withExample(
    withOutput(command),
    'sallyport cluster add prod --kubeconfig admin.kubeconfig --groups developers,sre --out /etc/sallyport',
    'sallyport cluster add prod --kubeconfig ~/.kube/config --context prod-admin --token secret --out .',
    'sallyport cluster add prod --dry-run --groups developers,sre | kubectl diff -f -',
    'sallyport cluster add factory --connector --gateway https://gate.example.com --gateway-public-key MCowBQ... | kubectl apply -f -',
  );
}

/** `sallyport cluster check`. */
function addClusterCheck(cluster: Command, environment: Environment): void {
  const command = cluster
    .command('check <name>')
    .description('check that the gateway may do in a cluster what it must, and nothing more; changes nothing')
    .option('--config <file>', "the gateway's configuration (default: SALLYPORT_CONFIG, then ./sallyport.yaml)")
    .option('--strict', 'fail on warnings too')
    .option('--kubeconfig <file>', 'for a cluster behind a connector: the kubeconfig of an administrator')
    .option('--context <name>', 'its context (default: its current one)')
    .action(lazily(environment, async () => (await import('../cluster/check/run-check.ts')).checkCluster));
  withAccount(command);
  withExample(
    withOutput(command),
    'sallyport cluster check prod --config /etc/sallyport/sallyport.yaml',
    'sallyport cluster check prod --strict -o json',
    'sallyport cluster check factory --kubeconfig admin.kubeconfig',
  );
}

/** `sallyport cluster remove`. */
function addClusterRemove(cluster: Command, environment: Environment): void {
  const command = cluster
    .command('remove <name>')
    .description('delete from a cluster what "cluster add" made there, and nothing else')
    .option('--yes', 'do not ask first')
    .action(lazily(environment, async () => (await import('../cluster/account/remove-cluster.ts')).removeCluster));
  withAccount(withAdminKubeconfig(command));
  withExample(
    withOutput(command),
    'sallyport cluster remove prod --kubeconfig admin.kubeconfig',
    'sallyport cluster remove prod --kubeconfig ~/.kube/config --context prod-admin --yes',
  );
}

/** `sallyport cluster`. */
export function addCluster(program: Command, environment: Environment): void {
  const cluster = program.command('cluster').description('put a cluster behind a gateway, check it, take it away');
  addClusterAdd(cluster, environment);
  addClusterCheck(cluster, environment);
  addClusterRemove(cluster, environment);
  withExample(
    cluster,
    'sallyport cluster add prod --kubeconfig admin.kubeconfig --groups developers,sre --out /etc/sallyport',
    'sallyport cluster check prod --config /etc/sallyport/sallyport.yaml',
    'sallyport cluster remove prod --kubeconfig admin.kubeconfig',
  );
}
