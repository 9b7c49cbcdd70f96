/** The types of frames (RFC 9113, 6). */
export const types = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
};

/** The flags of frames. `ack` is that of SETTINGS and PING. */
export const flags = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 };

/** The codes with which streams and connections end (RFC 9113, 7). */
export const codes = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControl: 3,
  streamClosed: 5,
  refused: 7,
  cancel: 8,
  calm: 11,
};

/** A field of a head: its name and its value, one character per byte. */
export type RawField = readonly [name: string, value: string];

export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Writes a frame as told. Nothing is checked. */
export function writeFrame(type: number, flag = 0, stream = 0, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flag;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Writes a number with a prefix of seven bits, as HPACK has the length of a text (RFC 7541, 5.1). */
function writeLength(length: number): Buffer {
  if (length < 127) return Buffer.of(length);
  const bytes = [127];
  let rest = length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

const writeText = (text: string) => {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([writeLength(bytes.length), bytes]);
};

/** Writes fields as literals without indexing and without Huffman coding, so that every byte is sent as it is. */
export const writeFields = (fields: readonly RawField[]): Buffer =>
  Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), writeText(name), writeText(value)]));

/** The largest frame that a side accepts without saying more. */
export const maxFrame = 16_384;

/** Writes a head, in as many frames as it takes. */
export function writeHead(stream: number, fields: readonly RawField[], endStream = true): Buffer {
  const block = writeFields(fields);
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += maxFrame) {
    const last = at + maxFrame >= block.length ? flags.endHeaders : 0;
    const [type, first] = at === 0 ? [types.headers, endStream ? flags.endStream : 0] : [types.continuation, 0];
    frames.push(writeFrame(type, first | last, stream, block.subarray(at, at + maxFrame)));
  }
  return Buffer.concat(frames);
}

export const writeData = (stream: number, data: string | Buffer, endStream = true): Buffer =>
  writeFrame(types.data, endStream ? flags.endStream : 0, stream, Buffer.from(data as string, 'latin1'));

const writeNumber = (number: number) => {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(number);
  return payload;
};

export const writeReset = (stream: number, code = codes.cancel): Buffer =>
  writeFrame(types.reset, 0, stream, writeNumber(code));

export const writeWindow = (stream: number, increment: number): Buffer =>
  writeFrame(types.windowUpdate, 0, stream, writeNumber(increment));

/** Writes settings, given as pairs of identifier and value (RFC 9113, 6.5.2). */
export function writeSettings(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(settings.length * 6);
  for (const [index, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  }
  return writeFrame(types.settings, 0, 0, payload);
}
