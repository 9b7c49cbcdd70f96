import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readReply } from './raw-reply.ts';

describe('an answer', () => {
  it('is complete by its length, its chunks, or the end of the connection', () => {
    const whole = (text: string, closed = false) => readReply(text, closed, false).whole;
    expect([
      whole('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no'),
      whole('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    ]).toEqual([false, true]);
    expect([
      whole('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n'),
      whole('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'),
    ]).toEqual([false, true]);
    expect([
      whole('HTTP/1.1 200 OK\r\n\r\nok'),
      whole('HTTP/1.1 200 OK\r\n\r\nok', true),
      whole('garbage', true),
    ]).toEqual([false, true, true]);
    expect(readReply('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n', false, false)).toMatchObject({
      whole: true,
      reply: { status: 204 },
    });
    expect(readReply('', true, false).reply).toEqual({ status: 0, lines: [], body: '', closed: true });
  });

  it('is read from any bytes without an exception', () => {
    const piece = fc.constantFrom(
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.1 100 Continue\r\n\r\n',
      'Content-Length: 3\r\n',
      'Transfer-Encoding: chunked\r\n',
      '\r\n',
      '3\r\nabc\r\n',
      '0\r\n\r\n',
      'ffffffffffff\r\n',
      '-1\r\n',
      'x',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        for (let end = 0; end <= text.length; end += 1) readReply(text.slice(0, end), false, false);
        return readReply(text, true, false).whole;
      }),
      { numRuns: 500 },
    );
  });
});
