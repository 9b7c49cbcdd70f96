// A connector that has a known key and means harm. Arguments: the gateway, the file of its private key, and what it sends
// without end. Says `attacking` when it begins.
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';
import { pinnedTls } from '../shared/pinned-tls.ts';
import { beginRawTls, openRaw } from './raw-connector.ts';

const [url = '', keyFile = '', attack = ''] = process.argv.slice(2);

/** A frame of HTTP/2 (RFC 9113, 4.1). */
function frame(
  type: number,
  flags: number,
  stream: number,
  payload = Buffer.alloc(0),
  length = payload.length,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
const number = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const [DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, WINDOW, CONTINUATION] = [0, 1, 2, 3, 4, 5, 6, 8, 9];
const status200 = Buffer.from([0x88]);
// ":status: 103" and a header of 200 bytes, literal and not indexed (RFC 7541, 6.2.2).
const early = Buffer.concat([Buffer.from([0x08, 3]), Buffer.from('103')]);
const header = Buffer.concat([Buffer.from([0x00, 4]), Buffer.from('x-ab'), Buffer.from([100]), Buffer.alloc(100, 97)]);
const [helloStream, noticeStream] = [1, 3];
const window = (size: number) => frame(SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, 4]), number(size)]));

/** What is sent again and again once the gateway has taken the carrier. */
const floods: Record<string, Buffer> = {
  settings: frame(SETTINGS, 0, 0),
  'changing settings': Buffer.concat([window(0), window(65_536)]),
  pings: frame(PING, 0, 0, Buffer.alloc(8)),
  'answers to no ping': frame(PING, 1, 0, Buffer.alloc(8)),
  'window updates': frame(WINDOW, 0, 0, number(1)),
  priorities: frame(PRIORITY, 0, noticeStream, Buffer.alloc(5)),
  'resets of a stream that is over': frame(RST, 0, helloStream, number(8)),
  'resets of streams that never were': frame(RST, 0, 0x7fffffff, number(8)),
  'empty data': frame(DATA, 0, noticeStream),
  'data for a stream that is over': frame(DATA, 0, helloStream, Buffer.alloc(16_384)),
  'unknown frames': frame(0x77, 0, 0, Buffer.alloc(16)),
  'early headers': frame(HEADERS, 4, noticeStream, early),
  continuations: frame(CONTINUATION, 0, 5, header),
  'headers without end': frame(CONTINUATION, 0, noticeStream, header),
  pushes: frame(PUSH, 4, noticeStream, Buffer.concat([number(2), status200])),
  'a frame of 16 MB': frame(DATA, 0, noticeStream, Buffer.alloc(16_384), 0xffffff),
  'a notice without end': frame(DATA, 0, noticeStream, Buffer.alloc(1000, 97)),
};

/** What is sent again and again as the WebSocket, below TLS. */
const outerFloods: Record<string, Buffer> = {
  'pings of the WebSocket': Buffer.from([0x89, 0x84, 0, 0, 0, 0, 1, 2, 3, 4]),
  'empty frames': Buffer.from([0x82, 0x80, 0, 0, 0, 0]),
  'an unmasked frame': Buffer.from([0x82, 4, 1, 2, 3, 4]),
  'a text frame': Buffer.from([0x81, 0x84, 0, 0, 0, 0, 97, 97, 97, 97]),
  'a fragmented control frame': Buffer.from([0x09, 0x80, 0, 0, 0, 0]),
  'a frame of 2 GiB': Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]),
  'a compressed frame': Buffer.from([0xc2, 0x84, 0, 0, 0, 0, 1, 2, 3, 4]),
};

/** Calls `onStream` with each stream that the gateway opens. */
function readFrames(secure: TLSSocket, onStream: (id: number) => void): void {
  let rest = Buffer.alloc(0);
  let at = 24; // the preface
  secure.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length - at >= 9 && rest.length - at >= 9 + rest.readUIntBE(at, 3)) {
      if (rest[at + 3] === HEADERS) onStream(rest.readUInt32BE(at + 5));
      at += 9 + rest.readUIntBE(at, 3);
    }
    if (at > rest.length) return;
    rest = rest.subarray(at);
    at = 0;
  });
}

const { socket, bytes } = await openRaw(new URL(url));
socket.on('error', () => {});
const secure = beginRawTls(bytes, pinnedTls(createPrivateKey(readFileSync(keyFile))));
await once(secure, 'secureConnect');
const hello = Buffer.from(JSON.stringify({ version: '6.6.6', reach: [], token: null }));
const settings = attack === 'no window for a stream' ? window(0) : frame(SETTINGS, 0, 0);
secure.write(Buffer.concat([settings, frame(SETTINGS, 1, 0)]));
await new Promise<void>((resolve) =>
  readFrames(secure, (id) => {
    if (id === helloStream)
      secure.write(Buffer.concat([frame(HEADERS, 4, helloStream, status200), frame(DATA, 1, helloStream, hello)]));
    if (id === noticeStream) resolve();
    if (id <= noticeStream) return;
    if (attack === 'a reset of each stream') secure.write(frame(RST, 0, id, number(8)));
    else secure.write(frame(HEADERS, 4, id, status200));
  }),
);
process.stdout.write('attacking\n');
if (attack === 'headers without end') secure.write(frame(HEADERS, 0, noticeStream, status200));
if (attack === 'a notice without end') secure.write(frame(HEADERS, 4, noticeStream, status200));
const target = outerFloods[attack] ? socket : secure;
const unit = outerFloods[attack] ?? floods[attack];
const closed = new Promise((resolve) => target.once('close', resolve));
if (unit) {
  const flood = Buffer.concat(Array.from({ length: 1 + Math.floor(32_768 / unit.length) }, () => unit));
  while (!target.destroyed)
    if (!target.write(flood)) await Promise.race([new Promise((resolve) => target.once('drain', resolve)), closed]);
}
if (attack === 'no reading') secure.pause();
await closed;
