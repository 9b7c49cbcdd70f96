import { it } from '@jest/globals';
import { readImpersonationTargets } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { readHeaders } from '@sallyport/proxy';
import fc from 'fast-check';
import { fuzzParser } from './fuzz-parser.ts';

const words = [
  'Host',
  'Authorization',
  'Connection',
  'Upgrade',
  'Content-Length',
  'Transfer-Encoding',
  'Expect',
  'Impersonate-User',
  'Impersonate-Group',
  'Impersonate-Uid',
  'Impersonate-Extra-a%2Fb',
  'impersonate_group',
  'X-Remote-User',
  'Sec-WebSocket-Protocol',
  'Sec-WebSocket-Key',
  'X-Forwarded-For',
  'Cookie',
  'TE',
  'Trailer',
  'User-Agent',
  ': ',
  ':',
  '\n',
  'keep-alive',
  'close',
  'chunked',
  '100-continue',
  'websocket',
  '5',
  ',',
  ' ',
  '\t',
  '\u00a0',
  '\ufeff',
  'Bearer x',
];

/** Parses lines as Node.js returns them: name, value, name, value. */
function linesOf(input: Buffer): string[] {
  return input
    .toString('latin1')
    .split('\n')
    .flatMap((line) => {
      const at = line.indexOf(':');
      return at < 1 ? [] : [line.slice(0, at), line.slice(at + 1).trim()];
    });
}
/** Returns how a careless parser would normalize a name. */
const folded = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

function feed(input: Buffer): void {
  let headers;
  try {
    headers = readHeaders(linesOf(input), { mayActAs: true });
  } catch (error) {
    if (error instanceof ProblemError && (error.status === 400 || error.status === 403)) return;
    throw error;
  }
  if (headers.impersonate && !readImpersonationTargets(headers.impersonate))
    throw new Error(`reads a target that it cannot write: ${JSON.stringify(headers.impersonate)}`);
  for (let index = 0; index < headers.forward.length; index += 2) {
    const name = headers.forward[index]!;
    if (
      /^(?:impersonate|xremote)/.test(folded(name)) ||
      [
        'authorization',
        'cookie',
        'connection',
        'host',
        'content-length',
        'transfer-encoding',
        'expect',
        'te',
        'trailer',
        'audit-id',
      ].includes(name)
    )
      throw new Error(`${name} goes on`);
  }
  if (headers.chunked && headers.contentLength !== undefined) throw new Error('two framings');
  if (headers.contentLength !== undefined && !Number.isSafeInteger(headers.contentLength))
    throw new Error('an invalid length');
}

it(
  'header lines are either read or refused',
  () =>
    fuzzParser({
      name: 'headers',
      tokens: words,
      feed,
      seeds: [
        'Host: gate\nAuthorization: Bearer spt_x\nUser-Agent: kubectl\nAccept: */*\nContent-Length: 5',
        'Host: gate\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Key: k\nSec-WebSocket-Protocol: v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.eA',
        'Host: gate\nTransfer-Encoding: chunked\nExpect: 100-continue\nX-Forwarded-For: 1.2.3.4',
      ],
      built: fc
        .array(
          fc.tuple(
            fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary-ascii', maxLength: 20 })),
            fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary-ascii', maxLength: 20 })),
          ),
          { maxLength: 12 },
        )
        .map((lines) => Buffer.from(lines.map((line) => line.join(':')).join('\n'), 'latin1')),
    }),
  1_200_000,
);
