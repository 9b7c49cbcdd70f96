import { constants, deflateRawSync, deflateSync, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StreamFault } from '../observer/stream-observer.ts';
import { createHeaderDeflater } from '../testing/spdy-peer.ts';
import { headerDictionary, headerDictionaryId } from './header-dictionary.ts';
import { HeaderInflater, maxBlockBytes, maxTotalBytes } from './header-inflater.ts';

const zlibHeader = Buffer.from([0x78, 0xf9, 0xe3, 0xc6, 0xa7, 0xc2]);
const flushed = (block: Uint8Array, options = {}): Buffer =>
  Buffer.concat([
    zlibHeader,
    deflateRawSync(block, { ...options, dictionary: headerDictionary, finishFlush: constants.Z_SYNC_FLUSH }),
  ]);

/** The block that an inflater makes of these bytes after the header, or the message of its fault. */
function inflated(body: readonly number[] | Uint8Array): Buffer | string {
  try {
    return new HeaderInflater().inflate(Buffer.concat([zlibHeader, Buffer.from(body as Uint8Array)]));
  } catch (error) {
    if (error instanceof StreamFault) return error.message;
    throw error;
  }
}

describe('the dictionary of SPDY', () => {
  it('has the checksum of the protocol', () => {
    expect(headerDictionary).toHaveLength(1423);
    expect(deflateSync('x', { dictionary: headerDictionary }).readUInt32BE(2)).toBe(headerDictionaryId);
  });
});

describe('the header blocks of one direction', () => {
  const word = fc.oneof(
    fc.constantFrom('streamtype', 'stdin', 'port', 'requestid', '\0\0\0\x06method'),
    fc.string({ maxLength: 40 }),
  );
  const block = fc.oneof(
    fc.uint8Array({ maxLength: 5000, size: 'max' }),
    fc.array(word, { maxLength: 300, size: 'max' }).map((words) => new Uint8Array(Buffer.from(words.join('')))),
  );
  const options = fc.record({
    level: fc.integer({ min: 0, max: 9 }),
    strategy: fc.constantFrom(
      constants.Z_DEFAULT_STRATEGY,
      constants.Z_FILTERED,
      constants.Z_HUFFMAN_ONLY,
      constants.Z_RLE,
      constants.Z_FIXED,
    ),
  });

  it('are inflated as zlib deflated them, after any earlier block and at every level', () => {
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 12 }), options, (blocks, how) => {
        const deflate = createHeaderDeflater(how);
        const inflater = new HeaderInflater();
        for (const each of blocks) expect(inflater.inflate(deflate(each)).equals(Buffer.from(each))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('reach back over more than one window', () => {
    const deflate = createHeaderDeflater({ level: 9 });
    const inflater = new HeaderInflater();
    for (let turn = 0; turn < 40; turn += 1) {
      const each = Buffer.from(Array.from({ length: 7000 }, (_, index) => (index * index + turn * 31) & 0xff));
      expect(inflater.inflate(deflate(each)).equals(each)).toBe(true);
    }
  });

  it('are inflated like zlib does, or refused, if their bytes are damaged', () => {
    fc.assert(
      fc.property(
        block,
        options,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 3 }),
        (each, how, changes) => {
          const body = flushed(each, how).subarray(6);
          for (const [at, change] of changes) body[at % body.length]! ^= change;
          const ours = inflated(body);
          if (typeof ours === 'string') return;
          expect(
            ours.equals(inflateRawSync(body, { dictionary: headerDictionary, finishFlush: constants.Z_SYNC_FLUSH })),
          ).toBe(true);
        },
      ),
      { numRuns: 600 },
    );
  });
});

describe('a block is refused', () => {
  it.each([
    [
      'that ends the compression',
      deflateRawSync('abc', { dictionary: headerDictionary }),
      'a header block that ends the compression',
    ],
    ['that is empty', [], 'a header block that ends too early'],
    ['that is not flushed', flushed(Buffer.from('abc')).subarray(6, -5), 'a header block that ends too early'],
    ['that lacks its last byte', flushed(Buffer.from('abc')).subarray(6, -1), 'a header block that ends too early'],
    ['of a kind that there is not', [0x06], 'a header block of an unknown type'],
    [
      'whose length and its complement differ',
      [0x00, 0x01, 0x00, 0xff, 0xff, 0x41],
      'a header block with a wrong length',
    ],
    ['that promises more than comes', [0x00, 0x05, 0x00, 0xfa, 0xff, 0x41], 'a header block that ends too early'],
    ['with 287 codes', [0xf4, 0x00, 0x00, 0x00], 'a header block with too many codes'],
  ])('refuses a block %s', (_name, body, message) => {
    expect(inflated(body)).toBe(message);
  });

  it('that reaches back beyond the dictionary', () => {
    const before = Buffer.from('0123456789'.repeat(400));
    const body = deflateRawSync(before.subarray(0, 300), {
      dictionary: Buffer.concat([before, headerDictionary]),
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    expect(inflated(body)).toBe('a header block that reaches back too far');
  });

  it.each([
    ['another method', [0x77, 0xf9]],
    ['a window of 64 KiB', [0x88, 0x20]],
    ['a wrong checksum', [0x78, 0xfa]],
    ['no dictionary', [0x78, 0x9c]],
  ])('if its stream begins with %s', (_name, start) => {
    expect(() =>
      new HeaderInflater().inflate(Buffer.concat([Buffer.from(start), flushed(Buffer.from('x')).subarray(2)])),
    ).toThrow(StreamFault);
  });

  it('that was compressed with another dictionary', () => {
    expect(() =>
      new HeaderInflater().inflate(
        deflateSync('x', { dictionary: Buffer.from('other'), finishFlush: constants.Z_SYNC_FLUSH }),
      ),
    ).toThrow('headers that are not compressed as SPDY requires');
  });
});

describe('a bomb', () => {
  it('is stopped at 64 KiB per block', () => {
    expect(new HeaderInflater().inflate(flushed(Buffer.alloc(maxBlockBytes)))).toHaveLength(maxBlockBytes);
    expect(() => new HeaderInflater().inflate(flushed(Buffer.alloc(maxBlockBytes + 1)))).toThrow(
      `a header block of more than ${maxBlockBytes} bytes`,
    );
  });

  it('is stopped at 64 MiB per direction', () => {
    const inflater = new HeaderInflater();
    inflater.inflate(flushed(Buffer.alloc(maxBlockBytes)));
    const next = deflateRawSync(Buffer.alloc(maxBlockBytes), { finishFlush: constants.Z_SYNC_FLUSH });
    const blocks = maxTotalBytes / maxBlockBytes;
    for (let turn = 1; turn < blocks; turn += 1) inflater.inflate(next);
    expect(() => inflater.inflate(next)).toThrow(`more than ${maxTotalBytes} bytes of headers`);
  });
});
