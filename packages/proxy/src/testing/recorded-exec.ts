import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { until } from '@sallyport/kit/testing';
import { readMessages } from '@sallyport/kubernetes/testing';
import type { Recorder } from '@sallyport/recordings';
import { allow, createRig, type Rig } from './gateway-rig.ts';
import { createFakeRecorder, type FakeRecorder } from './fake-recorder.ts';

export const podPath = '/clusters/dev/api/v1/namespaces/dev/pods/web';
export const nodePath = '/clusters/dev/api/v1/nodes/n1/proxy';
export const execPath = `${podPath}/exec?command=sh&stdout=true&stderr=true`;

/** The cluster's side of an upgrade. */
export type ClusterSide = { request: IncomingMessage; socket: Duplex; received(): Buffer; closed(): boolean };
/** The client's side of an upgrade: the head of the response, and what came after it. */
export type ClientSide = { socket: Socket; head(): string; body(): Buffer; closed(): boolean };

export type RecordedRig = {
  rig: Rig;
  recorder: FakeRecorder;
  /** The cluster's side of each upgrade that it was asked for. */
  cluster: ClusterSide[];
  /** Sends the request of an upgrade. */
  ask(target: string, lines: readonly string[], method?: string): ClientSide;
  /** The same, and waits for both sides of the tunnel. */
  open(target?: string, lines?: readonly string[]): Promise<{ client: ClientSide; server: ClusterSide }>;
  events(type: string): Rig['events'];
};

export const webSocket = (protocols = 'v5.channel.k8s.io', ...more: string[]): string[] => [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Protocol: ${protocols}`,
  ...more,
];
export const spdy = (...versions: string[]): string[] => [
  'Connection: Upgrade',
  'Upgrade: SPDY/3.1',
  ...versions.map((version) => `X-Stream-Protocol-Version: ${version}`),
];

/** Answers with the first protocol that the client offers. */
function accept({ headers }: IncomingMessage): string {
  const isWebSocket = headers.upgrade === 'websocket';
  const name = isWebSocket ? 'sec-websocket-protocol' : 'x-stream-protocol-version';
  const first = String(headers[name] ?? '').split(',', 1)[0]!;
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    `Upgrade: ${isWebSocket ? 'websocket' : 'SPDY/3.1'}`,
    ...(first === '' ? [] : [`${name}: ${first}`]),
    '',
    '',
  ].join('\r\n');
}

function collect(socket: Duplex) {
  const chunks: Buffer[] = [];
  let isClosed = false;
  socket.on('error', () => {}).on('data', (chunk: Buffer) => void chunks.push(chunk));
  for (const event of ['end', 'close'])
    socket.on(event, () => {
      isClosed = true;
    });
  return { bytes: () => Buffer.concat(chunks), closed: () => isClosed };
}

/** The payload that a client got over a WebSocket, by channel. */
export function receivedIn(body: Buffer): Record<number, string> {
  const texts: Record<number, string> = {};
  for (const message of readMessages(body)) {
    if (message.type !== 'binary') continue;
    const channel = message.data[0]!;
    texts[channel] = (texts[channel] ?? '') + message.data.subarray(1).toString('latin1');
  }
  return texts;
}

/** Starts a gateway that records into memory, in front of a cluster that does nothing but accept upgrades. */
export async function startRecordedRig(
  options: {
    demand?: 'optional' | 'required';
    answer?: (request: IncomingMessage) => string;
    keeps?: boolean;
    /** Records instead of the recorder in memory. */
    real?: Recorder;
  } = {},
): Promise<RecordedRig> {
  const { demand = 'required', answer = accept, keeps = true } = options;
  const recorder = createFakeRecorder({ keeps });
  const cluster: ClusterSide[] = [];
  const rig = await createRig(
    (_request, response) => void response.end('{}'),
    {},
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    options.real ?? recorder,
  );
  rig.answer = () => ({ ...allow(), recording: demand });
  rig.upstream.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    const { bytes, closed } = collect(socket);
    cluster.push({ request, socket, received: bytes, closed });
    socket.write(answer(request), 'latin1');
  });
  const ask = (target: string, lines: readonly string[], method = 'GET'): ClientSide => {
    const socket = rig.dial();
    const { bytes, closed } = collect(socket);
    socket.write(
      [`${method} ${target} HTTP/1.1`, 'Host: gate', 'Authorization: Bearer spt_x', ...lines]
        .concat('', '')
        .join('\r\n'),
    );
    const headLength = () => bytes().indexOf('\r\n\r\n') + 4;
    return {
      socket,
      head: () => (headLength() < 4 ? '' : bytes().subarray(0, headLength()).toString('latin1')),
      body: () => (headLength() < 4 ? Buffer.alloc(0) : bytes().subarray(headLength())),
      closed,
    };
  };
  return {
    rig,
    recorder,
    cluster,
    ask,
    async open(target = execPath, lines = webSocket()) {
      const before = cluster.length;
      const client = ask(target, lines);
      await until(() => cluster.length > before && client.head() !== '');
      return { client, server: cluster[before]! };
    },
    events: (type) => rig.events.filter((event) => event.type === type),
  };
}
