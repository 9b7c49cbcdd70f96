import { Duplex } from 'node:stream';
import {
  connectRaw,
  maxFrame,
  readHead,
  writeData,
  writeHead,
  type RawConnection,
  type RawField,
} from '@sallyport/http2/testing';
import { clientContext } from './client-context.ts';

/** What a client says of its connection in HTTP/1.1 and need not say in HTTP/2. */
const meansNothing = /^connection: (?:close|keep-alive)$/i;
const stream = 1;

/** How the rest of the bytes of a request are read. `sent` is how many bytes of a body with a length have come. */
type Framing = { kind: 'length'; length: number; sent: number } | { kind: 'chunks' } | { kind: 'none' };

/** Reads the head of a request in HTTP/1.1 as that of one in HTTP/2. The fields keep every byte of their lines. */
function translateHead(text: string): { fields: RawField[]; framing: Framing } {
  const [line = '', ...lines] = text.split('\r\n');
  const [, method, target, version] = /^(.*?) (.*) (.*?)$/s.exec(line) ?? [];
  if (version !== 'HTTP/1.1') throw new Error(`HTTP/2 cannot say ${JSON.stringify(line)}`);
  const fields: RawField[] = [
    [':method', method!],
    [':scheme', 'https'],
    [':path', target!],
  ];
  let framing: Framing = { kind: 'none' };
  let hosts = 0;
  for (const one of lines) {
    const [, name, value] = /^([^:]*): ?(.*)$/s.exec(one) ?? [];
    if (name === undefined) throw new Error(`HTTP/2 cannot say ${JSON.stringify(one)}`);
    const low = name.toLowerCase();
    if (low === 'content-length') framing = { kind: 'length', length: Number(value), sent: 0 };
    if (/^transfer-encoding: +chunked *$/i.test(one)) framing = { kind: 'chunks' };
    else if (low === 'host' && (hosts += 1) === 1) fields.splice(3, 0, [':authority', value!]);
    else if (!meansNothing.test(one)) fields.push([low, value!]);
  }
  return { fields, framing };
}

/**
 * A connection of HTTP/2 for one request that is used as one of HTTP/1.1: it takes the bytes of a request and sends the
 * frames that say the same, right or wrong, and returns the answer as the bytes that HTTP/1.1 would have. A stream that
 * the server resets ends it.
 */
class Http2Bridge extends Duplex {
  readonly #connection: RawConnection;
  #framing: Framing | undefined;
  #waiting = '';
  #isEnded = false;
  /** Whether the answer is passed on in chunks. */
  #isChunked = false;
  readonly #read = { heads: 0, data: 0 };
  /** Heads are decoded one after the other, and what follows them waits. */
  #work: Promise<void> = Promise.resolve();

  constructor(connection: RawConnection) {
    super({ allowHalfOpen: true });
    this.#connection = connection;
    const look = () => {
      this.#work = this.#work.then(() => this.#look()).catch((error: Error) => void this.destroy(error));
    };
    for (const event of ['data', 'end', 'close']) connection.socket.on(event, look);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#waiting += chunk.toString('latin1');
    try {
      if (!this.#framing) this.#sendHead();
      if (this.#framing) this.#sendBody(this.#framing);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _final(done: () => void): void {
    this.#connection.socket.end();
    done();
  }

  override _read(): void {
    this.#connection.socket.resume();
  }

  /** Passes something on. If the client does not read, neither does the connection, and its windows stay closed. */
  #pass(bytes: Buffer): void {
    if (!this.push(bytes)) this.#connection.socket.pause();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#connection.socket.destroy();
    done(error);
  }

  #sendHead(): void {
    const end = this.#waiting.indexOf('\r\n\r\n');
    if (end < 0) return;
    const { fields, framing } = translateHead(this.#waiting.slice(0, end));
    this.#waiting = this.#waiting.slice(end + 4);
    this.#framing = framing;
    this.#isEnded = this.#waiting === '' && (framing.kind === 'none' || (framing.kind === 'length' && !framing.length));
    this.#connection.send(writeHead(stream, fields, this.#isEnded));
  }

  #sendBody(framing: Framing): void {
    if (framing.kind === 'chunks') return this.#sendChunks();
    if (this.#waiting === '') return;
    if (this.#isEnded) throw new Error('a stream of HTTP/2 has one request');
    const body = this.#waiting;
    this.#waiting = '';
    if (framing.kind === 'length') framing.sent += body.length;
    this.#isEnded = framing.kind === 'none' || framing.sent >= framing.length || Number.isNaN(framing.length);
    this.#sendData(body, this.#isEnded);
  }

  #sendData(body: string, ends: boolean): void {
    for (let at = 0; at < body.length || at === 0; at += maxFrame)
      this.#connection.send(writeData(stream, body.slice(at, at + maxFrame), ends && at + maxFrame >= body.length));
  }

  #sendChunks(): void {
    for (let found; (found = /^([0-9a-f]+)(?:;[^\r\n]*)?\r\n/i.exec(this.#waiting));) {
      const [line, size] = [found[0], Number.parseInt(found[1]!, 16)];
      if (size === 0) return this.#sendTrailers(line.length);
      if (this.#waiting.length < line.length + size + 2) return;
      this.#sendData(this.#waiting.slice(line.length, line.length + size), false);
      this.#waiting = this.#waiting.slice(line.length + size + 2);
    }
    if (/^[^\r]*\r\n/.test(this.#waiting)) throw new Error('HTTP/2 has no chunks that are wrong');
  }

  #sendTrailers(at: number): void {
    const end = this.#waiting.indexOf('\r\n\r\n', at - 2);
    if (end < 0) return;
    const lines = this.#waiting.slice(at, end).split('\r\n');
    const fields = lines
      .filter((line) => line !== '')
      .map((line): RawField => [line.split(':')[0]!.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]);
    this.#waiting = this.#waiting.slice(end + 4);
    if (fields.length === 0) this.#sendData('', true);
    else this.#connection.send(writeHead(stream, fields));
    this.#isEnded = true;
  }

  /** Passes on what has arrived since the last look. */
  async #look(): Promise<void> {
    const { closed } = this.#connection;
    const answer = this.#connection.answer(stream);
    const { ended, reset } = answer;
    const [heads, data] = [answer.heads.length, answer.data.length];
    while (this.#read.heads < heads && this.#read.data === 0) {
      const lines = await readHead(answer.heads[this.#read.heads]!);
      this.#read.heads += 1;
      const { text, isChunked } = writeAnswer(lines);
      this.#isChunked = isChunked;
      this.#pass(Buffer.from(text, 'latin1'));
    }
    for (; this.#read.data < data; this.#read.data += 1) {
      const part = answer.data[this.#read.data]!;
      if (part.length > 0) this.#pass(this.#isChunked ? writeChunk(part) : part);
    }
    if (this.readableEnded || this.destroyed) return;
    if (ended && this.#isChunked) await this.#passEnd(answer.heads.slice(this.#read.heads, heads));
    if (ended || reset !== undefined || closed) this.push(null);
  }

  async #passEnd(trailers: readonly Buffer[]): Promise<void> {
    const lines: string[] = [];
    for (const coded of trailers) {
      const pairs = await readHead(coded, true);
      for (let at = 0; at < pairs.length; at += 2) lines.push(`${pairs[at]}: ${pairs[at + 1]}\r\n`);
    }
    this.#pass(Buffer.from(`0\r\n${lines.join('')}\r\n`, 'latin1'));
  }
}

const endOfLine = Buffer.from('\r\n');
const writeChunk = (part: Buffer) => Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, endOfLine]);

/** Writes the head of an answer, in chunks if it says no length. An interim one has no body. */
function writeAnswer([, status, ...rest]: readonly string[]): { text: string; isChunked: boolean } {
  const pairs = Array.from({ length: rest.length / 2 }, (_none, index) => [rest[index * 2]!, rest[index * 2 + 1]!]);
  const isChunked = !status!.startsWith('1') && !pairs.some(([name]) => name === 'content-length');
  const lines = pairs.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const coding = isChunked ? 'transfer-encoding: chunked\r\n' : '';
  return { text: `HTTP/1.1 ${status} \r\n${lines}${coding}\r\n`, isChunked };
}

/** Opens a connection of HTTP/2 to a gateway that is used as one of HTTP/1.1. */
export async function dialBridge(url: string, ca: string): Promise<Duplex> {
  const { hostname, port } = new URL(url);
  return new Http2Bridge(
    await connectRaw({ host: hostname, port: Number(port), secureContext: clientContext({ ca }) }),
  );
}
