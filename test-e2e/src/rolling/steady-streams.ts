import { connect, createSecureContext, type SecureContext } from 'node:tls';
import { setTimeout as pause } from 'node:timers/promises';

type Kind = 'watch' | 'logs' | 'exec';

/** How streams ended since the last time that it was asked. */
export type StreamsSeen = {
  ended: number;
  /** Those that were not told in their own protocol: a kind, and what it was told last. */
  untold: string[];
  /** Streams that could not be opened: a kind and the answer. */
  refused: string[];
};

/** Streams that are open all the time: one that ends is opened again, as by an informer. */
export type SteadyStreams = { take(): StreamsSeen; open(): number; stop(): Promise<void> };

type StreamDeps = { url: string; ca: string; token: string; namespace: string; pod: string; cluster?: string };

const reopenMs = 200;
const message = 'This gateway is shutting down';

function headOf(kind: Kind, { url, token, namespace, pod, cluster = 'home' }: StreamDeps): string {
  const pods = `/clusters/${cluster}/api/v1/namespaces/${namespace}/pods`;
  const lines = [`Host: ${new URL(url).host}`, `Authorization: Bearer ${token}`, 'User-Agent: kubectl/v1.36.3'];
  if (kind === 'watch') return ask(`${pods}?watch=true`, [...lines, 'Accept: application/json']);
  if (kind === 'logs') return ask(`${pods}/${pod}/log?follow=true&tailLines=1`, lines);
  return ask(`${pods}/${pod}/exec?command=cat&stdin=true&stdout=true`, [
    ...lines,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: v5.channel.k8s.io',
  ]);
}

const ask = (path: string, lines: readonly string[]) => `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;

/** Whether these last bytes of a stream are an end that its protocol has, and not a connection that broke. */
const toldBy: Record<Kind, (said: string) => boolean> = {
  watch: (said) => said.includes('"type":"ERROR"') && said.includes(message) && said.endsWith('\r\n0\r\n\r\n'),
  // A log has no way to say why.
  logs: (said) => said.endsWith('\r\n0\r\n\r\n'),
  exec: (said) => said.includes(message),
};
const opened: Record<Kind, string> = { watch: 'HTTP/1.1 200', logs: 'HTTP/1.1 200', exec: 'HTTP/1.1 101' };

type Held = { ended: Promise<{ said: string; wasOpen: boolean }>; close(): void };

function hold(kind: Kind, deps: StreamDeps, secureContext: SecureContext, onOpen: () => void): Held {
  const { hostname, port } = new URL(deps.url);
  const socket = connect({ host: hostname, port: Number(port), secureContext });
  let [said, wasOpen] = ['', false];
  const ended = new Promise<{ said: string; wasOpen: boolean }>((resolve) => {
    const end = () => {
      socket.destroy();
      resolve({ said, wasOpen });
    };
    socket.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString('latin1')).slice(-3000);
      if (!wasOpen && said.startsWith(opened[kind])) {
        wasOpen = true;
        onOpen();
      }
      if (kind !== 'exec' && said.endsWith('\r\n0\r\n\r\n')) end();
    });
    socket.on('error', () => {});
    socket.once('close', end);
    socket.write(headOf(kind, deps));
  });
  return { ended, close: () => socket.destroy() };
}

/** Opens streams of a user, and keeps them open until it is stopped. Returns when all are open. */
export async function startSteadyStreams(deps: StreamDeps & { count: Record<Kind, number> }): Promise<SteadyStreams> {
  const secureContext = createSecureContext({ ca: deps.ca });
  const held = new Set<Held>();
  let seen: StreamsSeen = { ended: 0, untold: [], refused: [] };
  let [running, open] = [true, 0];
  const keep = async (kind: Kind, firstOpen: () => void) => {
    while (running) {
      const one = hold(kind, deps, secureContext, () => {
        open += 1;
        firstOpen();
      });
      held.add(one);
      const { said, wasOpen } = await one.ended;
      held.delete(one);
      if (!running) return;
      if (wasOpen) {
        open -= 1;
        seen.ended += 1;
        if (!toldBy[kind](said)) seen.untold.push(`${kind}: ${said.slice(-300)}`);
      } else if (said !== '') seen.refused.push(`${kind}: ${said.slice(0, 300)}`);
      await pause(reopenMs);
    }
  };
  const kept: Promise<void>[] = [];
  const kinds = (Object.keys(deps.count) as Kind[]).flatMap((kind) =>
    Array.from({ length: deps.count[kind] }, () => kind),
  );
  await Promise.all(kinds.map((kind) => new Promise<void>((resolve) => void kept.push(keep(kind, resolve)))));
  return {
    open: () => open,
    take() {
      const taken = seen;
      seen = { ended: 0, untold: [], refused: [] };
      return taken;
    },
    async stop() {
      running = false;
      for (const one of held) one.close();
      await Promise.all(kept);
    },
  };
}
