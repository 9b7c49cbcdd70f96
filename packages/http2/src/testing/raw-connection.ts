import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { duplexPair } from 'node:stream';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { codes, flags, preface, types, writeFrame, writeSettings, writeWindow } from './raw-frames.ts';

/** What has arrived on a stream. */
export type RawAnswer = {
  /** The heads, each as it was coded: interim ones, that of the response, and that of its trailers. */
  heads: Buffer[];
  data: Buffer[];
  /** The other side has ended the stream as a whole one. */
  ended: boolean;
  /** The code with which the other side has reset the stream. */
  reset: number | undefined;
};

/** A connection that sends what a test says, right or wrong, and keeps what it receives. */
export type RawConnection = {
  socket: TLSSocket;
  send(...frames: Buffer[]): void;
  /** Returns what has arrived on a stream so far. It grows. */
  answer(stream: number): RawAnswer;
  /** How many frames of each type have arrived. */
  received: Map<number, number>;
  /** The last GOAWAY. */
  goaway: { last: number; code: number } | undefined;
  closed: boolean;
};

export type RawOptions = {
  /** Settings in addition to that of no HPACK table, as pairs of identifier and value. */
  settings?: readonly (readonly [id: number, value: number])[];
  /** Answers nothing that the other side sends: no settings, no pings, no data. */
  isSilent?: boolean;
};

/** SETTINGS_HEADER_TABLE_SIZE. Without a table, each head can be read on its own. */
const noTable = [1, 0] as const;

/** Connects over TLS, and sends the preface with settings. */
export async function connectRaw(target: ConnectionOptions, options: RawOptions = {}): Promise<RawConnection> {
  const socket = connect({ ...target, ALPNProtocols: ['h2'] });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  const answers = new Map<number, RawAnswer>();
  const connection: RawConnection = {
    socket,
    send: (...frames) => void socket.write(Buffer.concat(frames)),
    answer(stream) {
      if (!answers.has(stream)) answers.set(stream, { heads: [], data: [], ended: false, reset: undefined });
      return answers.get(stream)!;
    },
    received: new Map(),
    goaway: undefined,
    closed: false,
  };
  for (const event of ['end', 'close']) socket.on(event, () => (connection.closed = true));
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (; bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3);) {
      const end = 9 + bytes.readUIntBE(0, 3);
      take(connection, bytes.subarray(0, end), options.isSilent === true);
      bytes = bytes.subarray(end);
    }
  });
  connection.send(preface, writeSettings([noTable, ...(options.settings ?? [])]));
  return connection;
}

/** Takes a frame from the other side. */
function take(connection: RawConnection, frame: Buffer, isSilent: boolean): void {
  const [type, flag, stream] = [frame[3]!, frame[4]!, frame.readUInt32BE(5)];
  const payload = frame.subarray(9);
  connection.received.set(type, (connection.received.get(type) ?? 0) + 1);
  if (type === types.goaway) connection.goaway = { last: payload.readUInt32BE(0), code: payload.readUInt32BE(4) };
  if (stream === 0) {
    const asks = (type === types.settings || type === types.ping) && (flag & flags.ack) === 0;
    if (asks && !isSilent)
      connection.send(writeFrame(type, flags.ack, 0, type === types.ping ? payload : Buffer.alloc(0)));
    return;
  }
  const answer = connection.answer(stream);
  if (type === types.headers) answer.heads.push(payload);
  if (type === types.continuation) answer.heads.push(Buffer.concat([answer.heads.pop()!, payload]));
  if (type === types.data) {
    answer.data.push(payload);
    if (!isSilent && payload.length > 0)
      connection.send(writeWindow(0, payload.length), writeWindow(stream, payload.length));
  }
  if ((type === types.headers || type === types.data) && (flag & flags.endStream) !== 0) answer.ended = true;
  if (type === types.reset) answer.reset = payload.readUInt32BE(0);
}

/**
 * Reads a head, as names and values in turn. Node.js decodes it, as the trailers of a response on a connection in memory,
 * which may have any field but `:status`, and otherwise as its head.
 */
export async function readHead(coded: Buffer, isTrailer = false): Promise<string[]> {
  const [near, far] = duplexPair();
  const session = connectHttp2('http://in-memory', { createConnection: () => near });
  session.on('error', () => {});
  try {
    const stream = session.request({ ':path': '/' });
    const read = new Promise<string[]>((resolve, reject) => {
      const take = (_headers: unknown, _flags: number, raw: string[]) => resolve(raw);
      stream.on('error', reject);
      stream.on('close', () => reject(new Error('the head cannot be read')));
      if (isTrailer) stream.on('trailers', take);
      else for (const event of ['response', 'headers'] as const) stream.on(event, take);
    });
    const okay = Buffer.of(0x88); // `:status: 200`, from the static table
    far.write(writeSettings([]));
    if (isTrailer) far.write(writeFrame(types.headers, flags.endHeaders, 1, okay));
    far.write(writeFrame(types.headers, flags.endHeaders | (isTrailer ? flags.endStream : 0), 1, coded));
    far.resume();
    return await read;
  } finally {
    session.destroy(undefined, codes.noError);
    far.destroy();
  }
}
