import type { ClientHttp2Stream } from 'node:http2';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { carryResponse } from './carry-response.ts';

describe('a response over HTTP/2', () => {
  // Node.js does this when it reads from TLS while it writes to it.
  it('is passed on from its head, even if Node.js passes on its data first', async () => {
    const stream = Object.assign(new PassThrough(), { rstCode: 0, state: {} });
    const seen: string[] = [];
    carryResponse(stream as unknown as ClientHttp2Stream, {
      handler: {
        onStart() {},
        onHead: (status) => seen.push(`head ${status}`),
        onData: (chunk) => seen.push(`data ${chunk.toString()}`),
        onEnd() {},
        onError() {},
      },
      isRefused: () => false,
      isLost: () => false,
      mayRepeat: () => true,
      onAnswered() {},
    });
    stream.write('part');
    await setImmediate();
    stream.emit('response', {}, 4, [':status', '200']);
    await setImmediate();
    expect(seen).toEqual(['head 200', 'data part']);
  });
});
