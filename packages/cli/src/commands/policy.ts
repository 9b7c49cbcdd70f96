import { splitNames } from '../input/names.ts';
import { Option, type Command } from 'commander';
import type { ExplainOptions } from '../ask/explain-decision.ts';
import type { Environment } from '../environment/environment.ts';
import { exitCodes } from '../terminal/cli-error.ts';
import { withAsked } from './can-i.ts';
import { collect, momentHelp, withExample, withGateway, withOutput, lazily } from './command-kit.ts';

/** `sallyport policy lint`. */
function addLint(policy: Command, environment: Environment): void {
  const command = policy
    .command('lint')
    .description('check a policy document, or all policies of a sallyport.yaml; reports file, line and column')
    .argument('[file...]', 'policy documents and configurations (default: SALLYPORT_CONFIG, then ./sallyport.yaml)')
    .option('--strict', 'fail on warnings too')
    .option('--cluster <name>', 'compare with the resources that this cluster serves; asks the gateway, as you')
    .action(lazily(environment, async () => (await import('../policy/lint/lint-files.ts')).lintFiles));
  withExample(
    withGateway(command),
    'sallyport policy lint policies/*.yaml',
    'sallyport policy lint sallyport.yaml -o json',
    'sallyport policy lint policy.yaml --cluster dev',
  );
}

const casesHelp = `
A file of cases:
  policy: ./policy.yaml            # or config: ./sallyport.yaml, for all policies of the case's cluster or route
  cases:
    - name: developers read pods in dev
      input: {user: alice@example.com, groups: [developers], cluster: dev, verb: get, resource: pods, namespace: dev, name: web}
      expect: allow
    - name: they do not delete them
      input: {user: alice@example.com, groups: [developers], cluster: dev, verb: delete, resource: pods, namespace: dev}
      expect: {effect: deny, rule: default-deny, reasons: [k8s-verb-unauthorized]}
With config, a case can be about a web application:
    - {name: staff read the wiki, user: alice@example.com, groups: [staff], route: wiki.example.com, path: /home, expect: allow}
An input may also have the long form of "policy eval". Paths are relative to the file.`;

/** `sallyport policy test`. */
function addTest(policy: Command, environment: Environment): void {
  const command = policy
    .command('test')
    .description('run test cases, which say what a policy should and should not allow')
    .argument('<file...>', 'files of cases, YAML or JSON')
    .option('--junit <file>', 'write a JUnit report for CI')
    .action(lazily(environment, async () => (await import('../policy/cases/test-policies.ts')).testPolicies));
  withOutput(command).addHelpText('after', casesHelp);
  withExample(command, 'sallyport policy test policies/*.test.yaml --junit report.xml');
}

const evalHelp = `
An input. All members are optional. Without a session, the user is not logged in:
  {user: {id, email, groups, claims}, session: {id, claims},
   request: {method, path, host, ip, headers, clientCertificate: {presented, leaf, intermediates, valid}},
   kubernetes: {cluster, verb, resource, apiGroup, subresource, namespace, name, fieldSelector, ...,
    namespaced, aggregated (of kinds that are not built in; if absent, a request may span namespaces and ignore
    selectors), upsert, upgrade, impersonate (a list such as [user:bob, group:dev])}, now}
Write several inputs one per line. Each result is a line of JSON, or with -o yaml a document:
{effect, rule, allow: {value, reasons}, deny: {value, reasons}}. If a request counts as several verbs, evaluatedAs is the
verb under which it was refused.`;

/** `sallyport policy eval`. */
function addEval(policy: Command, environment: Environment): void {
  const command = policy
    .command('eval')
    .description('evaluate inputs by one policy document, without a gateway; prints one line of JSON for each')
    .requiredOption('--policy <file>', 'the policy document, as YAML or JSON')
    .requiredOption('--input <file>', 'inputs as JSON, one per line; - for standard input')
    .action(lazily(environment, async () => (await import('../policy/evaluate-inputs.ts')).evaluateInputs));
  withOutput(command).addHelpText('after', evalHelp);
  withExample(
    command,
    'sallyport policy eval --policy policy.yaml --input inputs.ndjson',
    `echo '{"session":{"id":"s"},"user":{"groups":["sre"]}}' | sallyport policy eval --policy policy.yaml --input -`,
  );
}

const collectNames = (value: string, before: string[] = []) => [...before, ...splitNames(value)];

/** Adds the options that describe the user whom a question is about. */
function withPerson(command: Command): Command {
  return command
    .option('--user <name>', 'the user name, as policies see it')
    .option('--groups <names>', 'groups of the user, separated by commas', collectNames)
    .option('--group <name>', 'a group of the user, whose name may contain commas (repeatable)', collect)
    .option('--email <address>', 'email address of the user (default: the user name, if it is an address)')
    .option('--claims <json>', 'claims of the user, as a JSON object')
    .option('--ip <address>', 'IP address of the user');
}

const explainHelp = `
Without --policy and --config, the command asks the gateway about your own session. You may ask about another user
(--user) if api.policy.policy lists you. With --user alone, the groups are those of that user's latest session.`;

/** `sallyport policy explain`. */
function addExplain(policy: Command, environment: Environment): void {
  const command = withPerson(
    withAsked(
      policy
        .command('explain')
        .description('explain, rule by rule, why a request is allowed or refused, and what to do about it'),
    ),
  )
    .option('--verb <verb>', 'instead of the arguments: the verb')
    .option('--resource <resource>', 'instead of the arguments: resource[.group][/subresource], as in policies')
    .option('--name <name>', 'with --resource: the name')
    .option('--path <path>', 'instead of the arguments: the path of a request')
    .option('--method <method>', 'with --path: the method (default: GET)')
    .option('--policy <file>', 'use a policy document instead of a gateway')
    .option('--config <file>', 'use the policies of a configuration instead of a gateway')
    .option('--now <time>', 'with a file: the time to assume')
    .option('--elevation <name>', 'with a file: an elevation to assume (repeatable)', collect)
    .option(
      '--on-call <list>',
      'with a file: an on-call list that the user is on (repeatable; others are unknown)',
      collect,
    )
    .action(
      async (
        verb: string | undefined,
        resource: string | undefined,
        run: string[],
        { elevation, ...options }: ExplainOptions & { elevation?: string[] },
      ) =>
        (await import('../ask/explain-decision.ts')).explainDecision(
          environment,
          [verb, resource].filter((word) => word !== undefined),
          { ...options, command: run.length === 0 ? undefined : run, elevations: elevation },
        ),
    );
  withGateway(command).addHelpText('after', explainHelp);
  withExample(
    command,
    'sallyport policy explain exec pods/web -n dev --cluster dev',
    'sallyport policy explain delete deployments/shop -n prod --cluster dev --user alice@example.com',
    'sallyport policy explain get secrets -n dev --policy policy.yaml --user alice@example.com --groups developers',
  );
}

/** `sallyport policy replay`. */
function addReplay(policy: Command, environment: Environment): void {
  const code = exitCodes['policy-differs'];
  const command = policy
    .command('replay')
    .description('evaluate recorded requests by a proposed policy: who would gain or lose access, and by which rule')
    .argument('[file...]', 'files of audit events, one per line; - for standard input')
    .option('--config <file>', 'the proposed sallyport.yaml (default: SALLYPORT_CONFIG, then ./sallyport.yaml)')
    .option(
      '--policy <file>',
      'instead of --config: a proposed policy document that replaces all policies of a cluster',
    )
    .option('--cluster <name>', 'with --policy: the cluster')
    .option(
      '--kafka [brokers]',
      'read the audit topic from these brokers (default: those in audit.kafka of the configuration)',
    )
    .option('--topic <name>', 'the audit topic', 'sallyport.audit.v1')
    .option('--from-store', 'read the audit store through the gateway, as the user who is logged in')
    .option('--since <time>', `earliest time: ${momentHelp}`)
    .option('--until <time>', 'latest time')
    .option('--examples <count>', 'number of examples for each change', '3')
    .option('--fail-on-loss', `exit with code ${code} if anyone would lose access`)
    .option('--fail-on-gain', `exit with code ${code} if anyone would gain access`)
    .option(
      '--fail-on-inconclusive',
      `exit with code ${code} if events do not record what the policy asks of a request`,
    )
    .addOption(new Option('--fail-on-unjudged').hideHelp())
    .action(lazily(environment, async () => (await import('../policy/replay/run-replay.ts')).policyReplay));
  withExample(
    withGateway(command),
    'sallyport policy replay audit.ndjson --config proposed.yaml',
    'sallyport policy replay --from-store --since 7d --policy dev.yaml --cluster dev --fail-on-loss',
  );
}

/** `sallyport policy status`. */
function addReplicaStatus(policy: Command, environment: Environment): void {
  const command = policy
    .command('status')
    .description('show which policy each replica runs, and whether one rejected its file')
    .action(lazily(environment, async () => (await import('../policy/replicas.ts')).showReplicas));
  withExample(withGateway(command, ['wide']), 'sallyport policy status', 'sallyport policy status -o json');
}

/** `sallyport policy reload`. */
function addReload(policy: Command, environment: Environment): void {
  const command = policy
    .command('reload')
    .description('make every replica reload its own configuration file; sends no configuration')
    .action(lazily(environment, async () => (await import('../policy/replicas.ts')).reloadPolicy));
  withExample(withGateway(command), 'sallyport policy reload && sleep 5 && sallyport policy status');
}

/** `sallyport policy`. */
export function addPolicy(program: Command, environment: Environment): void {
  const policy = program.command('policy').description('check, test and explain policies');
  addLint(policy, environment);
  addTest(policy, environment);
  addEval(policy, environment);
  addExplain(policy, environment);
  addReplay(policy, environment);
  addReplicaStatus(policy, environment);
  addReload(policy, environment);
  withExample(
    policy,
    'sallyport policy lint sallyport.yaml',
    'sallyport policy test policies/*.test.yaml',
    'sallyport policy explain exec pods/web -n dev --cluster dev',
    'sallyport policy status',
  );
}
