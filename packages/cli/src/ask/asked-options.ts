import type { Command } from 'commander';

/** Adds the ways to say what is asked: words as kubectl takes them, and the options that go with them. */
export function withAsked(command: Command): Command {
  return command
    .argument(
      '[verb]',
      'as for kubectl auth can-i (get, list, create, delete, ...), or exec, attach, port-forward, logs',
    )
    .argument('[resource]', 'TYPE[.GROUP][/NAME], or a path such as /healthz')
    .argument('[command...]', 'behind --: what an exec would run')
    .option('--cluster <name>', 'the cluster (default: the one that kubectl uses now)')
    .option('-n, --namespace <name>', 'the namespace')
    .option('-A, --all-namespaces', 'over all namespaces')
    .option('--subresource <name>', 'such as exec, log, scale, status')
    .option('-l, --selector <text>', 'label selector of a list or watch')
    .option('--field-selector <text>', 'field selector of a list or watch')
    .option('--container <name>', 'container of an exec or attach')
    .option('--dry-run', 'a change that is only tried (dryRun=All)');
}
