import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StreamFault } from '../observer/stream-observer.ts';
import { encodeHeaderBlock } from '../testing/spdy-peer.ts';
import { readHeaderBlock } from './read-header-block.ts';
import { readStreamHeaders } from './stream-headers.ts';

const read = (headers: Record<string, string> | [string, string][]): Map<string, string> =>
  readHeaderBlock(encodeHeaderBlock(headers));

describe('the headers of a stream', () => {
  it('are read as they were written', () => {
    const name = fc.stringMatching(/^[a-z0-9:-]{1,20}$/);
    const value = fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([each]) => each, maxLength: 20 }), (entries) => {
        expect([...read(entries)]).toEqual(entries);
      }),
    );
  });

  it.each([
    [
      'a name twice',
      encodeHeaderBlock([
        ['streamtype', 'resize'],
        ['streamtype', 'stdin'],
      ]),
      'a header that appears twice',
    ],
    ['a name with a capital', encodeHeaderBlock({ streamType: 'stdin' }), 'a header name that is not allowed'],
    ['an empty name', encodeHeaderBlock([['', 'x']]), 'a header name that is not allowed'],
    [
      'bytes after the last value',
      Buffer.concat([encodeHeaderBlock({ a: 'b' }), Buffer.from([0])]),
      'bytes after the headers',
    ],
    ['fewer than announced', encodeHeaderBlock({ a: 'b' }).subarray(0, -1), 'headers that end too early'],
    ['a length of 4 GiB', Buffer.from([0, 0, 0, 1, 255, 255, 255, 255]), 'headers that end too early'],
    [
      '101 of them',
      encodeHeaderBlock(Array.from({ length: 101 }, (_, index) => [`h${index}`, ''])),
      'more than 100 headers',
    ],
    ['nothing', Buffer.alloc(0), 'headers that end too early'],
  ])('are refused with %s', (_name, block, message) => {
    expect(() => readHeaderBlock(block)).toThrow(message);
  });

  it('never cause another error than a StreamFault', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          readHeaderBlock(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(StreamFault);
        }
      }),
      { numRuns: 600 },
    );
  });
});

describe('the purpose of a stream', () => {
  it('is its type, and its port and request id for a port-forward', () => {
    expect(readStreamHeaders('exec', read({ streamtype: 'resize' }))).toEqual({ type: 'resize' });
    expect(readStreamHeaders('portforward', read({ streamtype: 'data', port: '8080', requestid: '7' }))).toEqual({
      type: 'data',
      port: 8080,
      requestId: '7',
    });
    expect(readStreamHeaders('portforward', read({ streamtype: 'error', port: '1' }))).toEqual({
      type: 'error',
      port: 1,
    });
  });

  it.each([
    ['exec', {}, 'a stream of an unknown type'],
    ['exec', { streamtype: 'data' }, 'a stream of an unknown type'],
    ['exec', { streamtype: 'stdin\0stdout' }, 'several values of the header streamtype'],
    ['portforward', { streamtype: 'stdin', port: '80' }, 'a stream of an unknown type'],
    ['portforward', { streamtype: 'data' }, 'a stream without a port'],
    ['portforward', { streamtype: 'data', port: '0' }, 'a stream without a port'],
    ['portforward', { streamtype: 'data', port: '65536' }, 'a stream without a port'],
    ['portforward', { streamtype: 'data', port: '8\x30\x800' }, 'a stream without a port'],
    ['portforward', { streamtype: 'data', port: '80\x0081' }, 'several values of the header port'],
    [
      'portforward',
      { streamtype: 'data', port: '80', requestid: 'x'.repeat(65) },
      'a request id of more than 64 characters',
    ],
  ] as const)('of %s with %j is refused', (kind, headers, message) => {
    expect(() => readStreamHeaders(kind, read(headers))).toThrow(message);
  });
});
