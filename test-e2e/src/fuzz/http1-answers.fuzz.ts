import { it } from '@jest/globals';
import { Http1Error, ResponseReader } from '@sallyport/http1';
import fc from 'fast-check';
import { fuzzParser } from './fuzz-parser.ts';

const methods = ['GET', 'HEAD', 'POST', 'DELETE'];

type Read = {
  status: number;
  lines: string[];
  body: number;
  trailers: readonly string[];
  ended: number;
  error: boolean;
};

/** Reads a response in pieces of this size. The reader's own errors are part of the result. */
function read(bytes: Buffer, method: string, size: number): Read {
  const got: Read = { status: 0, lines: [], body: 0, trailers: [], ended: 0, error: false };
  const reader = new ResponseReader(method, {
    onHead: ({ status, lines }) => {
      if (got.status !== 0) throw new Error('two heads');
      Object.assign(got, { status, lines });
    },
    onData: (chunk) => {
      got.body += chunk.length;
    },
    onEnd: (trailers) => {
      got.ended += 1;
      got.trailers = trailers;
    },
  });
  try {
    for (let at = 0; at < bytes.length && got.ended === 0; at += size) {
      const piece = Buffer.from(bytes.subarray(at, at + size));
      reader.push(piece, piece.length);
    }
    if (got.ended === 0) reader.pushEnd();
  } catch (error) {
    if (!(error instanceof Http1Error)) throw error;
    got.error = true;
  }
  return got;
}

/** The first byte selects the method, the second the size of the pieces. */
function feed(input: Buffer): void {
  const method = methods[(input[0] ?? 0) % methods.length]!;
  const bytes = input.subarray(2);
  const [whole, parts] = [read(bytes, method, Math.max(bytes.length, 1)), read(bytes, method, 1 + (input[1] ?? 0))];
  if (whole.ended > 1 || parts.ended > 1) throw new Error('a response that ends twice');
  if (
    whole.ended === 1 &&
    (parts.ended !== 1 || whole.body !== parts.body || whole.lines.join('\n') !== parts.lines.join('\n'))
  )
    throw new Error('read differently in pieces');
  for (const line of [...whole.lines, ...whole.trailers])
    if (/[\r\n\0]/.test(line)) throw new Error('a line that contains a line break');
  const said = (name: string) =>
    whole.lines.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length;
  if (said('content-length') > 1 || (said('content-length') > 0 && said('transfer-encoding') > 0))
    throw new Error('two framings');
  if (whole.body > bytes.length || (method === 'HEAD' && whole.body > 0)) throw new Error('a body from nowhere');
}

const words = [
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.0 404 No\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 101 Switching\r\n',
  'HTTP/1.1 204 No Content\r\n',
  'Content-Length: 5\r\n',
  'content-length: 5\r\n',
  'Content-Length: -1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Connection: close\r\n',
  'Keep-Alive: timeout=5\r\n',
  '\r\n',
  '\n',
  '\r',
  ' ',
  ':',
  '5\r\nhello\r\n',
  '0\r\n',
  '0\r\n\r\n',
  'ffffffffffff\r\n',
  ';ext\r\n',
  'X-A: b\r\n',
  'hello',
];

it(
  'responses of clusters are read identically in any pieces, or refused',
  () =>
    fuzzParser({
      name: 'http1-answers',
      feed,
      tokens: words,
      seeds: [
        '\0\x05HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello',
        '\0\x02HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n',
        '\x01\x30HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n',
        '\x02\x10HTTP/1.1 200 OK\r\n\r\nuntil the end',
      ],
      built: fc
        .tuple(
          fc.nat(3),
          fc.nat(80),
          fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary-ascii', maxLength: 10 })), {
            maxLength: 14,
          }),
        )
        .map(([method, size, parts]) =>
          Buffer.concat([Buffer.from([method, size]), Buffer.from(parts.join(''), 'latin1')]),
        ),
    }),
  1_200_000,
);
