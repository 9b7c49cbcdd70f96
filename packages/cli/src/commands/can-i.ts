import type { Command } from 'commander';
import type { CanIOptions } from '../ask/can-i.ts';
import type { Environment } from '../environment/environment.ts';
import { collect, withExample, withGateway } from './command-kit.ts';

/** Adds the arguments and options that describe a request. The arguments are those of kubectl. */
export function withAsked(command: Command): Command {
  return command
    .argument(
      '[verb]',
      'verb, as for kubectl auth can-i (get, list, create, delete, ...), or exec, attach, port-forward, logs',
    )
    .argument('[resource]', 'TYPE[.GROUP][/NAME], or a path such as /healthz')
    .argument('[command...]', 'after --: the command of an exec')
    .option('--cluster <name>', 'the cluster (default: that of the current context of kubectl)')
    .option('-n, --namespace <name>', 'the namespace')
    .option('-A, --all-namespaces', 'all namespaces')
    .option('--subresource <name>', 'the subresource, such as exec, log, scale, status')
    .option('-l, --selector <text>', 'label selector of a list or watch')
    .option('--field-selector <text>', 'field selector of a list or watch')
    .option('--container <name>', 'container of an exec or attach')
    .option('--dry-run', 'a dry run (dryRun=All)')
    .option('--as <name>', 'act as this user or ServiceAccount, as kubectl --as does')
    .option('--as-group <name>', 'with --as: a group to act with (repeatable)', collect)
    .option('--as-uid <uid>', 'with --as: the UID to act with');
}

const moreHelp = `
Both the gateway's policy and the cluster's own RBAC must allow it. The cluster is asked through the gateway, with a
SelfSubjectAccessReview. The exit code is 0 if both allow it, or if the gateway does and the cluster could not be asked
(the output says so). Otherwise it is 1.`;

/** `sallyport can-i`. */
export function addCanI(program: Command, environment: Environment): void {
  const command = withAsked(
    program
      .command('can-i')
      .description("check whether the gateway's policy and the cluster allow you to do something"),
  )
    .option('--list', 'list what you may do in a namespace')
    .option('--policy-only', 'ask only the gateway')
    .option('-q, --quiet', 'print nothing; the exit code is the answer')
    .action(async (verb: string | undefined, resource: string | undefined, run: string[], options: CanIOptions) =>
      (await import('../ask/can-i.ts')).canI(
        environment,
        [verb, resource].filter((word) => word !== undefined),
        { ...options, command: run.length === 0 ? undefined : run },
      ),
    );
  withGateway(command).addHelpText('after', moreHelp);
  withExample(
    command,
    'sallyport can-i exec pods/web -n dev --cluster dev',
    'sallyport can-i create deployments.apps -n prod --cluster dev -q && kubectl apply -f shop.yaml',
    'sallyport can-i get pods/web --subresource log -n dev',
    'sallyport can-i --list -n dev --cluster dev',
  );
}
