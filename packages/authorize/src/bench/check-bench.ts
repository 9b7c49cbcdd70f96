// Measures the cost of a check: CPU time of the server per check, over loopback, by how many arrive together. Run: node
// packages/authorize/dist/bench/check-bench.js [seconds] [number of active elevations, of other people]
import { fork } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { checkProtocol, maxAnswerBytes, type Check } from '@sallyport/contracts';
import {
  createRecordReader,
  createServiceClient,
  createServiceIdentity,
  hashToken,
  recordKinds,
  writeRecords,
} from '@sallyport/kit';

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

/** Opens a connection. Returns what asks questions there in one write, and resolves when all are allowed. */
async function connect(client: ReturnType<typeof createServiceClient>) {
  const socket = await client.upgrade({ path: '/v1/check', protocol: checkProtocol, timeoutMs: 1000 });
  if (!socket) throw new Error('authorize does not switch protocols');
  let [lastId, left] = [0, 0];
  let done = () => {};
  const reader = createRecordReader(maxAnswerBytes, (kind, _id, text) => {
    const { decision } = JSON.parse(text) as { decision?: { effect: string } };
    if (kind !== recordKinds.answer || decision?.effect !== 'allow') throw new Error(`not allowed: ${text}`);
    left -= 1;
    if (left === 0) done();
  });
  socket.on('data', (bytes: Buffer) => reader.push(bytes));
  return (checks: readonly Check[]) =>
    new Promise<void>((resolve) => {
      [left, done] = [checks.length, resolve];
      const kind = recordKinds.question;
      socket.write(
        writeRecords(checks.map((one) => ({ kind, id: (lastId += 1), text: JSON.stringify({ check: one }) }))),
      );
    });
}

async function measure(
  child: ReturnType<typeof fork>,
  ask: (checks: readonly Check[]) => Promise<void>,
  size: number,
  forMs: number,
) {
  const usage = async () => {
    child.send('cpu');
    const [cpu] = (await once(child, 'message')) as [{ cpuUs: number }];
    return cpu.cpuUs;
  };
  const checks = Array.from({ length: size }, (_none, index) => check(index));
  const cpuBefore = await usage();
  const startedAt = performance.now();
  let writes = 0;
  while (performance.now() - startedAt < forMs) {
    await ask(checks);
    writes += 1;
  }
  const cpuUs = (await usage()) - cpuBefore;
  const wallUs = (performance.now() - startedAt) * 1000;
  return {
    together: size,
    checks: writes * size,
    'CPU us/check': round(cpuUs / (writes * size)),
    'CPU us/write': round(cpuUs / writes),
    'round trip us': round(wallUs / writes),
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
  const ask = await connect(client);
  for (const size of [1, 8, 32]) await measure(child, ask, size, 1000);
  const rows = [];
  for (const size of [1, 8, 32]) rows.push(await measure(child, ask, size, seconds * 1000));
  console.table(rows);
  await client.close();
  child.kill();
}

await main();
