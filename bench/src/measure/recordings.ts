import { once } from 'node:events';
import { connect } from 'node:tls';
import type { Setup } from '../contenders/contender.ts';
import { recordedNamespace, startGateway, type RunningGateway } from '../contenders/sallyport.ts';
import { cpuSeconds, residentKiB, sleep } from '../machine/processes.ts';
import { median } from './load.ts';

export type RecordingsResult = {
  megabytes: number;
  /** CPU-seconds per GiB of output: the median of the rounds. */ plain: number;
  recorded: number;
  /** MiB of resident memory at most. */ residentMiB: { plain: number; recorded: number };
};

/** Runs an exec that prints this much, and reads all of it. */
async function exec(gateway: RunningGateway, ca: string, namespace: string, bytes: number): Promise<void> {
  const { hostname, port, pathname } = new URL(gateway.base);
  const socket = connect({ host: hostname, port: Number(port), ca });
  const head = {
    ...gateway.headers,
    Host: `${hostname}:${port}`,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': 'v5.channel.k8s.io',
  };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`);
  const target = `${pathname}/api/v1/namespaces/${namespace}/pods/a/exec?command=print&stdout=true&bytes=${bytes}`;
  socket.write([`GET ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
  let received = 0;
  let start = '';
  socket.on('data', (chunk: Buffer) => {
    if (received === 0) start = chunk.toString('latin1', 0, 300);
    received += chunk.length;
  });
  await once(socket, 'end');
  socket.destroy();
  if (received < bytes) throw new Error(`received only ${received} bytes: ${start}`);
}

/** Measures the CPU time of an exec that is recorded beside one that is not, in turns, with TLS on both sides. */
export async function measureRecordings(
  setup: Setup,
  { megabytes, rounds }: { megabytes: number; rounds: number },
): Promise<RecordingsResult> {
  const gateway = await startGateway(setup, 'tls', { small: true, recordings: true });
  const pid = gateway.pids.serve!;
  const bytes = megabytes * 1024 * 1024;
  const measure = async (namespace: string) => {
    const before = cpuSeconds(pid);
    let residentMiB = 0;
    const timer = setInterval(() => {
      residentMiB = Math.max(residentMiB, residentKiB(pid) / 1024);
    }, 50);
    try {
      await exec(gateway, setup.authority.caPem, namespace, bytes);
      // The last part is still being moved to its store.
      await sleep(1000);
    } finally {
      clearInterval(timer);
    }
    return { cpu: (cpuSeconds(pid) - before) / (megabytes / 1024), residentMiB };
  };
  try {
    const [plain, recorded] = [[], []] as Awaited<ReturnType<typeof measure>>[][];
    // The first round is for the compiler.
    for (let round = 0; round <= rounds; round += 1) {
      const both = [await measure('dev'), await measure(recordedNamespace)];
      if (round === 0) continue;
      plain!.push(both[0]!);
      recorded!.push(both[1]!);
    }
    const cpuOf = (all: typeof plain) => median(all!.map(({ cpu }) => cpu));
    const mostOf = (all: typeof plain) => Math.max(...all!.map(({ residentMiB }) => residentMiB));
    return {
      megabytes,
      plain: cpuOf(plain),
      recorded: cpuOf(recorded),
      residentMiB: { plain: mostOf(plain), recorded: mostOf(recorded) },
    };
  } finally {
    await gateway.stop();
  }
}
