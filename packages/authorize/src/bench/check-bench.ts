// Measures the cost of a check: CPU time of the server per check, over loopback, by batch size. Run: node
// packages/authorize/dist/bench/check-bench.js [seconds] [number of active elevations, of other people]
import { fork } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Check } from '@sallyport/contracts';
import { createServiceClient, createServiceIdentity, hashToken } from '@sallyport/kit';

const people = 100;
const seconds = Number(process.argv[2] ?? 4);
const elevations = process.argv[3] ?? '0';

function check(index: number): Check {
  return {
    credential: { kind: 'token', hash: hashToken(`spt_${index % people}`) },
    target: { kind: 'cluster', name: 'dev' },
    request: { method: 'GET', path: '/api/v1/namespaces/dev/pods', host: 'gate.example.com:8443', ip: '10.1.2.3' },
    kubernetes: {
      verb: 'list',
      requestVerb: 'list',
      isResourceRequest: true,
      path: '/api/v1/namespaces/dev/pods',
      apiGroup: '',
      apiVersion: 'v1',
      resource: 'pods',
      subresource: '',
      namespace: 'dev',
      name: '',
    },
  };
}

async function measure(
  child: ReturnType<typeof fork>,
  client: ReturnType<typeof createServiceClient>,
  size: number,
  forMs: number,
) {
  const usage = async () => {
    child.send('cpu');
    const [cpu] = (await once(child, 'message')) as [{ cpuUs: number }];
    return cpu.cpuUs;
  };
  const body = { checks: Array.from({ length: size }, (_none, index) => check(index)) };
  const cpuBefore = await usage();
  const startedAt = performance.now();
  let batches = 0;
  while (performance.now() - startedAt < forMs) {
    const response = await client.request({ method: 'POST', path: '/v1/check', body });
    const { answers } = response.body as { answers: { decision: { effect: string } }[] };
    if (answers.length !== size || answers.some((answer) => answer.decision.effect !== 'allow'))
      throw new Error('not allowed');
    batches += 1;
  }
  const cpuUs = (await usage()) - cpuBefore;
  const wallUs = (performance.now() - startedAt) * 1000;
  return {
    batch: size,
    checks: batches * size,
    'CPU us/check': round(cpuUs / (batches * size)),
    'CPU us/call': round(cpuUs / batches),
    'round trip us': round(wallUs / batches),
  };
}

const round = (value: number) => Math.round(value * 10) / 10;

async function main(): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const child = fork(fileURLToPath(new URL('./bench-server.js', import.meta.url)), [String(people), elevations]);
  child.send({ publicKey: publicKey.export({ format: 'pem', type: 'spki' }) });
  const [ready] = (await once(child, 'message')) as [{ url: string }];
  const identity = createServiceIdentity({
    name: 'proxy',
    privateKey: createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' })),
    now: Date.now,
  });
  const client = createServiceClient({ url: ready.url, audience: 'authorize', identity });
  for (const size of [1, 8, 32]) await measure(child, client, size, 1000);
  const rows = [];
  for (const size of [1, 8, 32]) rows.push(await measure(child, client, size, seconds * 1000));
  console.table(rows);
  await client.close();
  child.kill();
}

await main();
