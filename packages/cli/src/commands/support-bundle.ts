import type { Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { collect, lazily, withExample, withOutput } from './command-kit.ts';

const help = `
Run it where the services run, or with --namespace where kubectl reaches their cluster. The archive has the configuration
without its secrets, what the services say about it, their health and metrics, and with --namespace the objects, events
and logs of the pods. It has no Secrets and no audit events. What cannot be had is listed in missing.json.`;

/** `sallyport support-bundle`. */
export function addSupportBundle(program: Command, environment: Environment): void {
  const command = program
    .command('support-bundle')
    .description('write an archive with what others need to help with an installation, without its secrets')
    .option('--config <file>', 'the configuration (default: SALLYPORT_CONFIG, then ./sallyport.yaml)')
    .option('--namespace <name>', 'collect from the pods in this namespace of a cluster')
    .option('--kubeconfig <file>', 'how kubectl reaches that cluster')
    .option('--kube-context <name>', 'the context of kubectl for that cluster')
    .option('--log <file>', 'add the log of a service (can be repeated)', collect)
    .option('--out <file>', 'write the archive here (default: sallyport-support-<time>.tar.gz)')
    .action(
      lazily(environment, async () => (await import('../support-bundle/make-support-bundle.ts')).makeSupportBundle),
    )
    .addHelpText('after', help);
  withExample(
    withOutput(command),
    'sallyport support-bundle --config /etc/sallyport/sallyport.yaml --log /var/log/sallyport.log',
    'sallyport support-bundle --namespace sallyport --kube-context production',
  );
}
