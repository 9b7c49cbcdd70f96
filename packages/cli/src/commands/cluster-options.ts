import type { Command } from 'commander';

/** Which user of which cluster a command acts as. */
export type AdminOptions = { kubeconfig?: string; context?: string };
/** The names of the gateway's account. */
export type AccountOptions = { namespace: string; account: string };

/** Adds `--kubeconfig` and `--context`. */
export function withAdminKubeconfig(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'the kubeconfig of an administrator of the cluster')
    .option('--context <name>', 'its context (default: its current one)');
}

/** Adds `--namespace` and `--account`. */
export function withAccount(command: Command): Command {
  return command
    .option('--namespace <name>', "the namespace of the gateway's ServiceAccount", 'sallyport')
    .option('--account <name>', 'the name of the ServiceAccount, its ClusterRole and binding', 'sallyport-gateway');
}
