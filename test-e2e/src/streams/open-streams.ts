import process from 'node:process';
import { connect, type Socket } from 'node:net';
import { startCommand, startPod, theBed, type Person, type RunningCommand } from '../harness/index.ts';

/** A stream that a person keeps open with kubectl, or for a port-forward a connection through it. */
export type OpenStream = { name: string; command: RunningCommand; socket?: Socket };

const spdy = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' };
const ticking = ['--', 'sh', '-c', 'i=0; while sleep 0.2; do i=$((i+1)); echo tock $i; done'];

/** The commands of the pods of `openEveryKind`: one listens on port 9090, one counts. */
const podScripts = {
  shell: 'mkdir -p /tmp/w && exec httpd -f -p 9090 -h /tmp/w',
  talker: 'i=0; while true; do i=$((i+1)); echo tick $i; sleep 0.2; done',
};

/** Starts the pods of `openEveryKind` in a namespace, and waits until they run. */
export async function startStreamPods(namespace: string): Promise<void> {
  await Promise.all(
    Object.entries(podScripts).map(([name, script]) => startPod(namespace, name, script, { stdin: true })),
  );
}

async function forward(
  person: Person,
  where: string[],
  env: Record<string, string>,
): Promise<{ command: RunningCommand; socket: Socket }> {
  const command = person.startKubectl(['port-forward', 'pod/shell', ':9090', ...where], { env });
  const [, port] = await command.says(/Forwarding from 127\.0\.0\.1:(\d+)/);
  const socket = connect({ port: Number(port), host: '127.0.0.1' });
  socket.on('error', () => {});
  // The server waits for a request that never arrives. A refused or broken connection closes at once.
  await new Promise<void>((resolve, reject) => {
    setTimeout(resolve, 500);
    socket.once('close', () => reject(new Error('the forwarded connection closed')));
  });
  socket.resume();
  return { command, socket };
}

/** Runs kubectl at a terminal, which `script` of util-linux creates. */
function startAtTerminal(person: Person, args: readonly string[]): RunningCommand {
  const quoted = [theBed().kubectl!, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return startCommand('script', ['-qec', quoted, '/dev/null'], { env: person.env });
}

/**
 * Opens a stream of every kind in a namespace with the pods `shell` and `talker`, and waits until each is open. With
 * `servers` (URLs of the cluster through several gateways) they use them in turn, and include an exec at a terminal.
 */
export async function openEveryKind(
  person: Person,
  namespace: string,
  servers: readonly string[] = [],
): Promise<OpenStream[]> {
  let turn = 0;
  const where = () => {
    turn += 1;
    return ['-n', namespace, ...(servers.length === 0 ? [] : ['--server', servers[turn % servers.length]!])];
  };
  const alive = async (name: string, command: RunningCommand, says: RegExp): Promise<OpenStream> => {
    await command.says(says, 20_000);
    return { name, command };
  };
  const start = (name: string, args: string[], says: RegExp, env: Record<string, string> = {}) =>
    alive(name, person.startKubectl(args, { env }), says);
  return Promise.all([
    ...(servers.length === 0
      ? []
      : [alive('exec -it', startAtTerminal(person, ['exec', '-it', ...where(), 'shell', ...ticking]), /tock 2/)]),
    start('exec over WebSocket', ['exec', '-i', ...where(), 'shell', ...ticking], /tock 2/),
    start('exec over SPDY', ['exec', '-i', ...where(), 'shell', ...ticking], /tock 2/, spdy),
    start('attach', ['attach', ...where(), 'talker'], /tick \d+/),
    start('logs -f', ['logs', '-f', '--tail=1', ...where(), 'talker'], /tick \d+/),
    start('get -w', ['get', 'pods', '-w', ...where()], /talker/),
    (async () => ({ name: 'port-forward over WebSocket', ...(await forward(person, where(), {})) }))(),
    (async () => ({ name: 'port-forward over SPDY', ...(await forward(person, where(), spdy)) }))(),
  ]);
}

/** How a stream ended: `ms` after its cause. */
export type EndedStream = { name: string; ms: number; output: string };

/**
 * Waits until all have ended. For kubectl port-forward, its connection counts, and the program may continue. Call this
 * before the cause happens. `since` returns its time afterwards (milliseconds since the epoch). Prints the figures to
 * standard error.
 */
export async function whenEnded(
  streams: readonly OpenStream[],
  what: string,
  since: () => number | Promise<number>,
): Promise<EndedStream[]> {
  const all = await Promise.all(
    streams.map(async ({ name, command, socket }) => {
      if (socket)
        await new Promise<void>((resolve) => {
          if (socket.closed) resolve();
          else socket.once('close', () => resolve());
        });
      else await command.ended;
      return { name, at: Date.now(), output: `${command.stdout()}${command.stderr()}` };
    }),
  );
  const start = await since();
  const ended = all.map(({ at, ...one }) => ({ ...one, ms: Math.round(at - start) }));
  process.stderr.write(`measured: ${what}: ${ended.map(({ name, ms }) => `${name} ${ms} ms`).join(', ')}\n`);
  return ended;
}
