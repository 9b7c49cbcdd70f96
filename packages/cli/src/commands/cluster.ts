import type { Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { addClusterAdd } from './cluster-add.ts';
import { addClusterCheck } from './cluster-check.ts';
import { addClusterRemove } from './cluster-remove.ts';
import { withExample } from './command-kit.ts';

/** `sallyport cluster ...`. Each subcommand has its own file. */
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
