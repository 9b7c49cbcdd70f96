import type { Command } from 'commander';
import { auditKeysSchema } from '@sallyport/contracts/answers';
import { readAnswer } from '../gateway/read-answer.ts';
import type { Environment } from '../environment/environment.ts';
import { callAsUser, openGateway } from '../gateway/open-gateway.ts';
import { writeList, type ListOptions } from '../terminal/table.ts';
import type { VerifyOptions } from '../audit/verify/run-verify.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { listFormats, withExample, withGateway, withOutput } from './command-kit.ts';

const more = (value: string, before: string[] = []): string[] => [...before, value];

/** `sallyport audit keys`: shows the public keys of checkpoints. `-o json` prints the JWKS that `audit verify` reads. */
async function keys(environment: Environment, options: GatewayOptions & ListOptions): Promise<void> {
  const body = await callAsUser(await openGateway(environment, options), {
    method: 'GET',
    path: '/.sallyport/api/v1/audit/keys',
  });
  const answer = readAnswer(auditKeysSchema, body, 'the keys of checkpoints');
  await writeList(
    environment,
    {
      rows: answer.keys,
      columns: [
        { name: 'KEY', cell: ({ kid }) => kid },
        { name: 'TYPE', cell: ({ crv }) => crv },
        { name: 'PUBLIC KEY', cell: ({ x }) => x },
      ],
      name: ({ kid }) => kid,
      data: answer,
      none: 'The gateway signs no checkpoints. See audit.checkpoints in its configuration.\n',
    },
    options,
  );
}

/** `sallyport audit verify|keys`. */
export function addAuditVerify(audit: Command, environment: Environment): void {
  const verify = audit
    .command('verify')
    .description('verify the audit trail, and name each event that is missing, altered or out of order (exit code 1)')
    .argument('[file...]', 'files with one event per line, also packed (.gz); - is standard input')
    .option('--file <file>', 'another way to name a file; repeatable', more)
    .option(
      '--by-key',
      'with files: only events with one key are in order, as a consumer of several partitions writes them',
    )
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
      'with --topic or --store: the configuration (default: SALLYPORT_CONFIG, then ./sallyport.yaml)',
    )
    .option('--keys <file>', 'public keys of checkpoints: a JWKS or PEM; without them, only the chains are checked')
    .option('--anchor <file>', 'checkpoints that were kept in a second place, one per line; repeatable', more)
    .option('--since <time>', 'begin at the first checkpoint after this time: how long ago (15m, 2h, 7d), or a time')
    .action(async (files: string[], { file = [], ...options }: VerifyOptions) => {
      const { runVerify } = await import('../audit/verify/run-verify.ts');
      await runVerify(environment, { ...options, file: [...files, ...file] });
    });
  withExample(
    withOutput(verify, ['wide']),
    'sallyport audit verify audit.ndjson --keys keys.json',
    'sallyport audit verify --store postgres://auditor@db.example.com/sallyport --keys keys.json --anchor checkpoints.ndjson',
    'sallyport audit verify --topic --config sallyport.yaml --keys keys.json --anchor checkpoints.ndjson',
  );
  const list = audit
    .command('keys')
    .description('show the public keys of the checkpoints of the audit trail')
    .action((options: GatewayOptions & ListOptions) => keys(environment, options));
  withExample(withGateway(list, listFormats), 'sallyport audit keys -o json > keys.json');
}
