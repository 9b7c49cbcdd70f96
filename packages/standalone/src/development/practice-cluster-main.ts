import { readFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { createPracticeCluster } from '@sallyport/practice-cluster';

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '0.0.0.0' },
    port: { type: 'string', default: '6443' },
    'cert-file': { type: 'string' },
    'key-file': { type: 'string' },
    'token-file': { type: 'string' },
  },
});
function read(option: 'cert-file' | 'key-file' | 'token-file'): string {
  const file = values[option];
  if (file === undefined) throw new Error(`--${option} is required`);
  return readFileSync(file, 'utf8').trim();
}
// This token allows impersonation and nothing else, like the gateway's account in a real cluster.
const cluster = createPracticeCluster({
  tls: { certPem: read('cert-file'), keyPem: read('key-file') },
  tokens: {
    [read('token-file')]: {
      user: 'system:serviceaccount:sallyport:sallyport-gateway',
      groups: ['system:serviceaccounts'],
    },
  },
});
process.stdout.write(
  `Practice cluster (not a real Kubernetes) at ${await cluster.listen(values.host, Number(values.port))}\n`,
);
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void cluster.close().then(() => process.exit(0)));
