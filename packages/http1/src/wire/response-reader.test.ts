import { createServer } from 'node:net';
import { request as nodeRequest } from 'node:http';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { Http1Error } from './http1-error.ts';
import { ResponseReader } from './response-reader.ts';

type Read = {
  status: number;
  lines: string[];
  body: string;
  trailers: readonly string[];
  ended: boolean;
  keepAlive: boolean;
  rest: number;
};

/** Reads a response in pieces of the given sizes (the last size repeats), then the end of the connection. */
function read(text: string, { method = 'GET', pieces = [text.length || 1], close = false } = {}): Read {
  const got: Read = { status: 0, lines: [], body: '', trailers: [], ended: false, keepAlive: false, rest: -1 };
  const reader = new ResponseReader(method, {
    onHead(head) {
      [got.status, got.lines, got.keepAlive] = [head.status, head.lines, head.keepAlive];
    },
    onData(chunk) {
      got.body += chunk.toString('latin1');
    },
    onEnd(trailers) {
      [got.trailers, got.ended] = [trailers, true];
    },
  });
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0, index = 0; at < bytes.length && !got.ended; index += 1) {
    const size = Math.max(1, pieces[Math.min(index, pieces.length - 1)]!);
    const piece = Buffer.from(bytes.subarray(at, at + size));
    const end = reader.push(piece, piece.length);
    at += piece.length;
    if (end >= 0) got.rest = bytes.length - (at - piece.length + end);
  }
  if (close && !got.ended) reader.pushEnd();
  return got;
}

const refused = (text: string, options = {}) => expect(() => read(text, options)).toThrow(Http1Error);

describe('a response', () => {
  it('keeps its lines as received, repeated names separate, bytes as characters', () => {
    const { status, lines, body, ended, keepAlive } = read(
      'HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a:  zwei \t\r\nName: M\xc3\xbcller\r\nEmpty:\r\nContent-Length: 2\r\n\r\nhi',
    );
    expect({ status, body, ended, keepAlive }).toEqual({ status: 200, body: 'hi', ended: true, keepAlive: true });
    expect(lines).toEqual(['X-A', '1', 'x-a', 'zwei', 'Name', 'M\xc3\xbcller', 'Empty', '', 'Content-Length', '2']);
  });

  it('has no body after HEAD, 204 and 304, whatever its headers say', () => {
    for (const [text, method] of [
      ['200 OK', 'HEAD'],
      ['204 No Content', 'GET'],
      ['304 Not Modified', 'GET'],
    ] as const) {
      const got = read(`HTTP/1.1 ${text}\r\nContent-Length: 5\r\n\r\n`, { method });
      expect(got).toMatchObject({ ended: true, body: '', rest: 0 });
    }
  });

  it('may follow a few interim responses', () => {
    const interim = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
    expect(read(`${interim}${interim}HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx`)).toMatchObject({
      status: 200,
      body: 'x',
      ended: true,
    });
    refused(interim.repeat(100));
    refused('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n');
  });

  it('without a length continues until the connection ends, and nothing may follow', () => {
    expect(read('HTTP/1.1 200 OK\r\n\r\nall of it', { close: true })).toMatchObject({
      body: 'all of it',
      ended: true,
      keepAlive: false,
    });
    expect(read('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', { close: true })).toMatchObject({ ended: false });
  });

  it('says whether the connection stays open', () => {
    const kept = (first: string, line: string) => read(`${first}\r\n${line}Content-Length: 0\r\n\r\n`).keepAlive;
    expect(kept('HTTP/1.1 200 OK', '')).toBe(true);
    expect(kept('HTTP/1.1 200 OK', 'Connection: Close\r\n')).toBe(false);
    expect(kept('HTTP/1.0 200 OK', '')).toBe(false);
    expect(kept('HTTP/1.0 200 OK', 'Connection: keep-alive\r\n')).toBe(true);
    expect(kept('HTTP/1.0 200 OK', 'Connection: keep-alive, close\r\n')).toBe(false);
  });

  it('in chunks becomes one body, without extensions and with trailers', () => {
    const got = read(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a="b"\r\nabc\r\n00A\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\nnext',
    );
    expect(got).toMatchObject({ body: 'abc0123456789', trailers: ['X-T', '1'], ended: true, rest: 4 });
  });
});

describe('a response that two readers could understand differently is refused', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  it.each([
    ['a length and chunks', `${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['two lengths', `${head}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`],
    ['the same length twice', `${head}Content-Length: 3\r\ncontent-length: 3\r\n\r\nabc`],
    ['a list of lengths', `${head}Content-Length: 3, 3\r\n\r\nabc`],
    ['a signed length', `${head}Content-Length: +3\r\n\r\nabc`],
    ['chunks in HTTP/1.0, which has none', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    [
      'chunks in HTTP/1.0 that stays open',
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'a chunked interim response in HTTP/1.0',
      `HTTP/1.0 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n${head}Content-Length: 0\r\n\r\n`,
    ],
    ['another coding', `${head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['chunked twice', `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a continuation line', `${head}A: b\r\n c\r\nContent-Length: 0\r\n\r\n`],
    ['a blank before the colon', `${head}Content-Length : 3\r\n\r\nabc`],
    ['a bare line feed', `${head}A: b\nContent-Length: 3\r\n\r\nabc`],
    ['a bare carriage return', `${head}A: b\rContent-Length: 3\r\n\r\nabc`],
    ['a zero byte', `${head}A: b\0c\r\nContent-Length: 0\r\n\r\n`],
    ['a line without a colon', `${head}Nothing\r\n\r\n`],
    ['an invalid name', `${head}A(b): c\r\n\r\n`],
    ['another protocol', 'HTTP/2 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 99 Low\r\n\r\n'],
    ['no status', 'HTTP/1.1  OK\r\n\r\n'],
    ['no HTTP at all', 'SSH-2.0-x\r\n\r\n'],
    ['a chunk without a size', `${head}Transfer-Encoding: chunked\r\n\r\n\r\nabc`],
    ['a size that is not a number', `${head}Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n`],
    ['a negative size', `${head}Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n`],
    ['a chunk longer than its size', `${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n`],
    ['chunk lines that end in a line feed', `${head}Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n`],
    ['a size that overflows', `${head}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n`],
    ['an endless size line', `${head}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(5000)}`],
    ['a head that is too large', `${head}${'A: b\r\n'.repeat(20_000)}\r\n`],
    ['endless trailers', `${head}Transfer-Encoding: chunked\r\n\r\n0\r\n${'A: b\r\n'.repeat(20_000)}\r\n`],
  ])('refuses a response with %s', (_name, text) => {
    refused(text);
    refused(text, { pieces: [7] });
  });
});

const token = fc
  .stringMatching(/^[A-Za-z0-9-]{1,12}$/)
  .filter((name) => !/^(content-length|transfer-encoding|connection|keep-alive|trailer)$/i.test(name));
const fieldValue = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
const answer = fc.record({
  status: fc.constantFrom(200, 201, 404, 500),
  fields: fc.array(fc.tuple(token, fieldValue), { maxLength: 8 }),
  body: fc.string({ unit: 'binary-ascii', maxLength: 300 }),
  chunks: fc.option(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }), { nil: undefined }),
});

function write({
  status,
  fields,
  body,
  chunks,
}: {
  status: number;
  fields: [string, string][];
  body: string;
  chunks: number[] | undefined;
}): string {
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  if (!chunks) return `HTTP/1.1 ${status} X\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`;
  let [text, at] = ['', 0];
  for (let index = 0; at < body.length; index += 1) {
    const part = body.slice(at, at + chunks[index % chunks.length]!);
    text += `${part.length.toString(16)}\r\n${part}\r\n`;
    at += part.length;
  }
  return `HTTP/1.1 ${status} X\r\n${lines}Transfer-Encoding: chunked\r\n\r\n${text}0\r\n\r\n`;
}

describe('any response', () => {
  it('is read the same in any pieces, and to its last byte', () => {
    fc.assert(
      fc.property(answer, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 }), (one, pieces) => {
        const got = read(write(one), { pieces });
        expect(got).toMatchObject({ status: one.status, body: one.body, ended: true, rest: 0 });
        expect(got).toEqual(read(write(one)));
      }),
    );
  });

  it('is read as Node.js reads it', async () => {
    for (const one of fc.sample(answer, 60)) {
      const text = write(one);
      const server = createServer((socket) => {
        socket.on('data', () => socket.end(text, 'latin1'));
        socket.on('error', () => {});
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const theirs = await new Promise<{ lines: string[]; body: string; status: number }>((resolve, reject) => {
        nodeRequest({ port: (server.address() as { port: number }).port, host: '127.0.0.1' }, (response) => {
          let body = '';
          response.on('data', (chunk: Buffer) => {
            body += chunk.toString('latin1');
          });
          response.on('end', () => resolve({ lines: response.rawHeaders, body, status: response.statusCode! }));
        })
          .on('error', reject)
          .end();
      });
      server.close();
      const { lines, body, status } = read(text);
      expect({ lines, body, status }).toEqual(theirs);
    }
  });

  it('is read, or refused without another error, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 200 }), fc.boolean(), (noise, headed) => {
        try {
          read(headed ? `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${noise}` : noise, { pieces: [3, 50] });
        } catch (error) {
          expect(error).toBeInstanceOf(Http1Error);
        }
      }),
      { numRuns: 600 },
    );
  });

  it('takes time in proportion to its length, also with endless blanks', () => {
    const startedAt = performance.now();
    refused(`HTTP/1.1 200 OK\r\nA:${' '.repeat(60_000)}\0\r\n\r\n`);
    refused(`HTTP/1.1 200 OK\r\nA:${' x'.repeat(30_000)}\0\r\n\r\n`);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });
});

describe('a response that arrives byte by byte', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** Counts the bytes that `run` copies and searches. */
  function bytesTouched(run: () => void): number {
    let touched = 0;
    const { concat } = Buffer;
    const { copy, indexOf } = Buffer.prototype as unknown as {
      copy(this: Buffer, ...args: unknown[]): number;
      indexOf(this: Buffer, ...args: unknown[]): number;
    };
    jest.spyOn(Buffer, 'concat').mockImplementation((...args) => {
      const whole = concat(...args);
      touched += whole.length;
      return whole;
    });
    jest.spyOn(Buffer.prototype, 'copy').mockImplementation(function copying(this: Buffer, ...args) {
      const count = copy.apply(this, args);
      touched += count;
      return count;
    });
    jest.spyOn(Buffer.prototype, 'indexOf').mockImplementation(function searching(this: Buffer, ...args) {
      const found = indexOf.apply(this, args);
      touched += (found < 0 ? this.length : found) - (typeof args[1] === 'number' ? args[1] : 0);
      return found;
    });
    run();
    jest.restoreAllMocks();
    return touched;
  }

  it.each([
    ['its head', `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(60_000)}\r\nContent-Length: 1\r\n\r\nx`],
    [
      'interim responses',
      `${`HTTP/1.1 103 Early Hints\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`.repeat(3)}HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx`,
    ],
    [
      'its chunks and trailers',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${`1;${'a'.repeat(2000)}\r\nx\r\n`.repeat(10)}0\r\nX-T: ${'a'.repeat(2000)}\r\n\r\n`,
    ],
  ])('costs work in proportion to its length (%s)', (_what, text) => {
    const touched = bytesTouched(() => expect(read(text, { pieces: [1] })).toMatchObject({ status: 200, ended: true }));
    // Copying the head again with each byte would touch two thousand million for the first of these.
    expect(touched).toBeLessThan(20 * text.length);
  });

  it('is not searched for in bytes left over from an earlier read', () => {
    const shared = Buffer.alloc(65_536, 'a');
    const reader = new ResponseReader('GET', { onHead() {}, onData() {}, onEnd() {} });
    const text = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(3000)}\r\nx\r\n0\r\n\r\n`;
    const touched = bytesTouched(() => {
      for (const char of text) {
        shared.write(char, 0, 'latin1');
        reader.push(shared, 1);
      }
    });
    expect(touched).toBeLessThan(shared.length + 20 * text.length);
  });
});
