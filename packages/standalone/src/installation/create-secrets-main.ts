// Run by the Job of the Helm chart, before an installation and before each upgrade.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { openClusterObjects } from './cluster-objects.ts';
import { createKeptSecrets } from './kept-secrets.ts';
import { createSecrets, secretGroups, type SecretGroup } from './create-secrets.ts';

const usage = `Usage: create-secrets --name NAME --make GROUP [--make GROUP ...] [--gateway-host HOST ...]

Creates the keys and certificates of an installation as Secrets, in the namespace of the pod that it runs in. It changes
no Secret that exists, so it can run again at any time.

  --name NAME          the beginning of all names
  --make GROUP         what to make: ${secretGroups.join(', ')}
  --gateway-host HOST  a host that the gateway's certificate is for
  --release NAME       the release of Helm, for the labels (the default is --name)
  --help               show this help

Example:
  create-secrets --name sallyport --make keys --make gateway-tls --gateway-host gate.example.com
`;

const account = '/var/run/secrets/kubernetes.io/serviceaccount';

function readOptions() {
  const { values } = parseArgs({
    options: {
      name: { type: 'string' },
      release: { type: 'string' },
      make: { type: 'string', multiple: true, default: [] },
      'gateway-host': { type: 'string', multiple: true, default: [] },
      // Tests run it outside of a pod.
      server: { type: 'string', default: 'https://kubernetes.default.svc' },
      account: { type: 'string', default: account },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const { name, make, 'gateway-host': gatewayHosts } = values;
  if (name === undefined) throw new Error('--name is required');
  const unknown = make.find((one) => !secretGroups.includes(one as SecretGroup));
  if (unknown !== undefined) throw new Error(`--make ${unknown}: choose from ${secretGroups.join(', ')}`);
  if (make.length === 0) throw new Error('--make is required');
  if (make.includes('gateway-tls') && gatewayHosts.length === 0)
    throw new Error('--gateway-host is required with --make gateway-tls');
  return { ...values, name, gatewayHosts, make: new Set(make as SecretGroup[]) };
}

async function run(): Promise<void> {
  const options = readOptions();
  if (!options) return void process.stdout.write(usage);
  const read = (file: string) => readFileSync(`${options.account}/${file}`, 'utf8').trim();
  const namespace = read('namespace');
  const { name, release = name, make, gatewayHosts, server } = options;
  const secrets = createKeptSecrets(
    openClusterObjects({ server, caPem: read('ca.crt'), token: read('token'), namespace }),
    {
      'app.kubernetes.io/name': 'sallyport',
      'app.kubernetes.io/instance': release,
      'app.kubernetes.io/component': 'secrets',
      'app.kubernetes.io/part-of': 'sallyport',
    },
  );
  try {
    await createSecrets({ name, namespace, make, gatewayHosts, now: Date.now }, secrets);
  } finally {
    for (const line of secrets.done()) process.stdout.write(`${line}\n`);
  }
  if (secrets.done().length === 0) process.stdout.write('everything exists already\n');
}

try {
  await run();
} catch (error) {
  process.stderr.write(`create-secrets: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
