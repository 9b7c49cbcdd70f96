import type { Command } from 'commander';

const collect = (value: string, before: string[] = []) => [...before, value];

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
