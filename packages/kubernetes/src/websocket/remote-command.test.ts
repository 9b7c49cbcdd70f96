import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { channels, decodeChannel, encodeChannel, encodeChannelClose } from './remote-command.ts';

describe('channels of remote commands', () => {
  it('carry any bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 }), fc.uint8Array(), (channel, data) => {
        expect(decodeChannel(encodeChannel(channel, data))).toEqual({ channel, data: Buffer.from(data) });
      }),
    );
  });

  it('are closed one by one', () => {
    expect(decodeChannel(encodeChannelClose(channels.stdin))).toEqual({ channel: 255, closed: 0 });
  });

  it('refuse a message without a known channel', () => {
    expect(
      [Buffer.alloc(0), Buffer.from([5]), Buffer.from([254, 1]), Buffer.from([255]), Buffer.from([255, 0, 0])].map(
        decodeChannel,
      ),
    ).toEqual(Array(5).fill(undefined));
  });
});
