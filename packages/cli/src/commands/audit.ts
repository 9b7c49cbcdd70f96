import { Option, type Command } from 'commander';
import { auditEventTypes, auditResults } from '@sallyport/contracts/answers';
import type { VerifyOptions } from '../audit/verify/run-verify.ts';
import type { Environment } from '../environment/environment.ts';
import {
  collect,
  lazily,
  listFormats,
  withExample,
  withGateway,
  withGatewayNames,
  withOutput,
  withReportFormat,
  momentHelp,
} from './command-kit.ts';

const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'];

/** Adds the filters that search, tail and export have in common. An event must match all given filters. */
function withFilters(command: Command): Command {
  return command
    .option('--user <name>', 'user')
    .option('--group <name>', 'group of the user')
    .option('--cluster <name>', 'cluster')
    .option('--namespace <name>', 'namespace')
    .option('--resource <name>', 'resource, such as pods')
    .option('--subresource <name>', 'subresource, such as exec')
    .option('--name <name>', 'name of the object')
    .option('--verb <verb>', 'verb, such as get or create')
    .addOption(
      new Option('--type <type>', 'type of event, such as k8s.request or session.login').choices(auditEventTypes),
    )
    .addOption(new Option('--stage <stage>', 'stage of the request').choices(stages))
    .addOption(new Option('--effect <effect>', 'decision').choices(['allow', 'deny', 'authenticate']))
    .addOption(new Option('--result <result>', 'how the request ended').choices(auditResults))
    .option('--rule <rule>', 'rule that decided, such as default-deny')
    .option('--reason <reason>', 'a reason for the decision, or why a stream, a session or a login ended')
    .option('--elevation <id>', 'elevation that the request used, by its ID or name')
    .option('--agent <name>', 'agent that sent the request, by its name or ID')
    .option('--workload <name>', 'workload that sent the request, by its name in the configuration')
    .option('--code <status>', 'HTTP status of the response')
    .option('--address <ip>', 'IP address of the client')
    .option('--command <text>', 'text in the command that an exec ran, such as "rm -rf"')
    .option('--session <id>', 'session, or the first characters of its id')
    .option('--audit-id <id>', 'Audit-ID of one request, or its first characters')
    .option('--issuer <url>', 'identity provider of the user')
    .option('--subject <sub>', 'subject of the user at that provider');
}

/** Adds the option that shows every event, not one line for each request. */
const withStages = (command: Command): Command =>
  command.option('--stages', 'show every event, not one line for each request');

const withUtc = (command: Command): Command =>
  command.option('--utc', 'show times in UTC on a terminal too, not in your time zone');

/** Adds what search and tail have in common. */
const withRows = (command: Command): Command =>
  withUtc(
    withStages(withFilters(command)).option(
      '--all',
      "show also what is routine: calls of the gateway's own API, its own requests to clusters, checkpoints, reserved audit IDs",
    ),
  );

/** `sallyport audit`. */
export function addAudit(program: Command, environment: Environment): void {
  const audit = program
    .command('audit')
    .description('search, follow, count, export and verify the audit trail, and compare it with the logs of clusters');
  const search = withRows(audit.command('search').description('search the audit trail; shows each request once'))
    .option('--since <time>', `earliest time: ${momentHelp}`)
    .option('--until <time>', 'latest time')
    .option('--limit <count>', 'maximum number of requests, or of events with --stages', '100')
    .addOption(new Option('--order <order>', 'which events come first').choices(['newest', 'oldest']).default('newest'))
    .action(lazily(environment, async () => (await import('../audit/trail/search-trail.ts')).auditSearch));
  withExample(
    withGateway(search, listFormats),
    'sallyport audit search --user alice@example.com --verb delete --since 2h',
    'sallyport audit search --effect deny --rule default-deny --address 10.1.2.3',
    'sallyport audit search --subresource exec --command "rm -rf" -o wide',
    'sallyport audit search --audit-id 5f0c6a1e --stages -o json',
  );
  addShow(audit, environment);
  addTail(audit, environment);
  addExport(audit, environment);
  addReport(audit, environment);
  addSummary(audit, environment);
  addVerify(audit, environment);
  addImport(audit, environment);
  addJoin(audit, environment);
  addWebhookToken(audit, environment);
  withExample(audit, 'sallyport audit search --since 1h', 'sallyport audit tail');
}

/** `sallyport audit show`. */
function addShow(audit: Command, environment: Environment): void {
  const show = audit
    .command('show')
    .description(
      'show one request: its stages, its decision, its stream, its session and its elevation. The id is an Audit-ID, such as the one in the header audit-id of a refusal, or the id of an event',
    )
    .argument('<id>', 'an Audit-ID or the id of an event, or its first characters (at least four)')
    .option('--cluster <name>', 'check your right to the trail of this cluster, also if the gateway no longer has it')
    .action(lazily(environment, async () => (await import('../audit/trail/show-request.ts')).auditShow));
  withExample(withGateway(withUtc(show)), 'sallyport audit show 5f0c6a1e', 'sallyport audit show 5f0c6a1e -o json');
}

function addTail(audit: Command, environment: Environment): void {
  const tail = withRows(
    audit
      .command('tail')
      .description(
        'follow the audit trail: the beginning and the end of each request; -o json prints one event per line',
      ),
  )
    .option('--limit <count>', 'number of earlier requests to start with', '10')
    .action(lazily(environment, async () => (await import('../audit/trail/tail-trail.ts')).auditTail));
  withExample(
    withGateway(tail, ['wide']),
    'sallyport audit tail --cluster prod',
    'sallyport audit tail --effect deny -o wide',
  );
}

function addExport(audit: Command, environment: Environment): void {
  const command = withFilters(
    audit
      .command('export')
      .description('write the stored audit trail to a file or to standard output, the oldest first'),
  )
    .option('--since <time>', `earliest time: ${momentHelp}`)
    .option('--until <time>', 'latest time')
    .addOption(
      new Option('-o, --output <format>', 'ndjson is what audit verify reads, csv is a table')
        .choices(['ndjson', 'csv'])
        .default('ndjson'),
    )
    .option('--out <file>', 'the file to write, which only you may read; it is replaced once the export is complete')
    // Its name before it was the same for all commands.
    .addOption(new Option('--file <file>').hideHelp().conflicts('out'))
    .action(lazily(environment, async () => (await import('../audit/trail/export-trail.ts')).auditExport));
  withExample(
    withGatewayNames(command),
    'sallyport audit export --out trail.ndjson',
    'sallyport audit export --cluster prod --since 30d -o csv --out prod.csv',
  );
}

/** `sallyport audit report`. */
function addReport(audit: Command, environment: Environment): void {
  const report = audit
    .command('report')
    .description('count who did what on which cluster in a period of whole hours')
    .option(
      '--by <what>',
      'what to count by: some of user, cluster, resource, verb, day, with commas',
      'user,cluster,resource,verb',
    )
    .option('--user <name>', 'only this user')
    .option('--cluster <name>', 'only this cluster')
    .option('--resource <name>', 'only this resource, with its subresource, such as pods/exec')
    .option('--verb <verb>', 'only this verb, such as get or create')
    .option('--since <time>', `earliest time: ${momentHelp}`, '7d')
    .option('--until <time>', 'latest time')
    .option('--limit <count>', 'maximum number of lines, those with most requests', '100')
    .action(lazily(environment, async () => (await import('../audit/report/run-report.ts')).auditReport));
  withExample(
    withGatewayNames(withReportFormat(report)),
    'sallyport audit report --since 30d --by user,cluster',
    'sallyport audit report --user alice@example.com --since 2026-11-01 -o markdown',
    'sallyport audit report --resource pods/exec --by user,day -o csv',
  );
}

/** `sallyport audit summary`. */
function addSummary(audit: Command, environment: Environment): void {
  const summary = withRows(
    audit
      .command('summary')
      .description('count what a search finds: the most frequent users, clusters, verbs and so on'),
  )
    .option(
      '--facets <names>',
      'what to count by, with commas: user, cluster, namespace, resource, subresource, verb, code, effect, rule, reason, type, address',
      'user,cluster,namespace,resource,verb,code',
    )
    .option('--since <time>', `earliest time: ${momentHelp}`, '24h')
    .option('--until <time>', 'latest time')
    .action(lazily(environment, async () => (await import('../audit/report/run-summary.ts')).auditSummary));
  withExample(
    withGatewayNames(withReportFormat(summary)),
    'sallyport audit summary --since 1h --result refused',
    'sallyport audit summary --namespace prod --subresource exec --facets user,cluster',
  );
}

/** `sallyport audit verify|keys`. */
function addVerify(audit: Command, environment: Environment): void {
  const verify = audit
    .command('verify')
    .description('verify the audit trail, and name each event that is missing, altered or out of order (exit code 1)')
    .argument(
      '[file...]',
      'files with one event per line, also packed (.gz), or - for standard input; or the directory of files that a gateway without Kafka writes, or the data directory that it is in',
    )
    .option('--file <file>', 'another way to name a file; repeatable', collect)
    .option(
      '--by-key',
      'with files: only events with one key are in order, as a consumer of several partitions writes them',
    )
    .option('--files', 'the files below data of the configuration')
    .option('--topic', 'the topic in audit.kafka of the configuration')
    .option(
      '--store [url]',
      'the audit store in PostgreSQL, such as postgres://auditor@db/sallyport, with the password in PGPASSWORD or PGPASSFILE; without a URL, the one in audit.store of the configuration',
    )
    .option(
      '--compare-topic',
      'with --store: read the topic too, and name events of which the store has only the hash, although they are not of anonymous callers',
    )
    .option(
      '--config <file>',
      'with --files, --topic, --store or --recordings: the configuration (default: SALLYPORT_CONFIG, then ./sallyport.yaml); with a directory: the one that has its legal holds',
    )
    .option(
      '--recordings [directory]',
      'also compare the recordings of shells with their files: in this directory, or without one in recordings.store of the configuration',
    )
    .option('--keys <file>', 'public keys of checkpoints: a JWKS or PEM; without them, only the chains are checked')
    .option('--anchor <file>', 'checkpoints that were kept in a second place, one per line; repeatable', collect)
    .option('--since <time>', `begin at the first checkpoint after this time: ${momentHelp}`)
    .action(async (files: string[], { file = [], ...options }: VerifyOptions) =>
      (await import('../audit/verify/run-verify.ts')).runVerify(environment, { ...options, file: [...files, ...file] }),
    );
  withExample(
    withOutput(verify, ['wide']),
    'sallyport audit verify audit.ndjson --keys keys.json',
    'sallyport audit verify --files --config sallyport.yaml --keys keys.json --anchor checkpoints.ndjson',
    'sallyport audit verify --store postgres://auditor@db.example.com/sallyport --keys keys.json --anchor checkpoints.ndjson',
    'sallyport audit verify --topic --config sallyport.yaml --keys keys.json --anchor checkpoints.ndjson',
    'sallyport audit verify --files --config sallyport.yaml --recordings',
  );
  const list = audit
    .command('keys')
    .description('show the public keys of the checkpoints of the audit trail')
    .action(lazily(environment, async () => (await import('../audit/verify/list-keys.ts')).listKeys));
  withExample(withGateway(list, listFormats), 'sallyport audit keys -o json > keys.json');
}

/** `sallyport audit import`. */
function addImport(audit: Command, environment: Environment): void {
  const command = audit
    .command('import')
    .description(
      'carry the audit trail of a gateway without Kafka to the topic in audit.kafka, with its chains; events that the topic has are left out',
    )
    .option(
      '--from <directory>',
      'the directory of the trail, or the data directory that it is in (default: data of the configuration)',
    )
    .option(
      '--config <file>',
      'the configuration with the new audit.kafka and audit.store (default: SALLYPORT_CONFIG, then ./sallyport.yaml)',
    )
    .option('--keys <file>', 'public keys of checkpoints: a JWKS or PEM; without them, only the chains are checked')
    .option('--dry-run', 'verify the trail, and say what would be imported')
    .option('--allow-faults', 'import a trail although it has faults')
    .action(lazily(environment, async () => (await import('../audit/import/run-import-trail.ts')).auditImport));
  withExample(
    withOutput(command),
    'sallyport audit import --config sallyport.yaml --keys keys.json --dry-run',
    'sallyport audit import --from /var/lib/sallyport --config sallyport.yaml',
  );
}

/** `sallyport audit join`. */
function addJoin(audit: Command, environment: Environment): void {
  const command = audit
    .command('join')
    .description("compare the audit trail with a cluster's own audit log: what bypassed the gateway, what differs")
    .requiredOption(
      '--cluster-log <file...>',
      "files of the API server's --audit-log-path, one event per line, also rotated (.gz); - for standard input",
    )
    .requiredOption('--cluster <name>', "the cluster's name in the gateway's configuration")
    .option('--events <file...>', "files of the gateway's events, one per line (default: its audit store)")
    .option('--ignore <pattern...>', 'users who do not use the gateway (default: "system:*")')
    .option('--gateway-user <name...>', "the gateway's own account in the cluster (default: found from the log)")
    .option('--policy <file>', "the cluster's audit policy (default: what it records is learned from the log)")
    .option('--aggregated', 'the log is that of an aggregated API server, which gets users without impersonation')
    .option('--margin <time>', 'leave out what is this near the end of a log (30s, 5m)', '30s')
    .option('--since <time>', `earliest time: ${momentHelp}`)
    .option('--until <time>', 'latest time')
    .option('--examples <count>', 'number of examples for each finding', '3')
    .action(lazily(environment, async () => (await import('../audit/join/run-join.ts')).auditJoin));
  withExample(
    withGateway(command),
    'sallyport audit join --cluster prod --cluster-log /var/log/kubernetes/audit.log',
    'sallyport audit join --cluster prod --cluster-log audit-*.log.gz audit.log --since 24h -o json',
    "sallyport audit join --cluster prod --cluster-log audit.log --ignore 'system:node:*' 'system:kube-*' system:apiserver",
  );
}

/** `sallyport audit webhook-token`. */
function addWebhookToken(audit: Command, environment: Environment): void {
  const command = audit
    .command('webhook-token <cluster>')
    .description("make the token with which a cluster's API server sends its own audit events, and its kubeconfig")
    .option('--ca-file <file>', "PEM file of the CA that signed the gateway's certificate")
    .action(lazily(environment, async () => (await import('../audit/join/webhook-token.ts')).webhookToken));
  withExample(withGateway(command), 'sallyport audit webhook-token prod > audit-webhook.kubeconfig');
}
