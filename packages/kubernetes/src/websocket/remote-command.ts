/** The subprotocol of exec and attach over WebSocket in kubectl 1.31 and later. */
export const remoteCommandProtocol = 'v5.channel.k8s.io';

/**
 * The first byte of each binary message is its channel; 255 means that the channel in the second byte is closed
 * (KEP-4006).
 */
export const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** One message of the protocol. */
type ChannelMessage = { channel: number; data: Buffer } | { channel: 255; closed: number };

/** Encodes data of a channel. */
export function encodeChannel(channel: number, data: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(1 + data.length);
  message[0] = channel;
  message.set(data, 1);
  return message;
}

/** Encodes the end of a channel. */
export function encodeChannelClose(channel: number): Buffer {
  return Buffer.from([channels.close, channel]);
}

/** Decodes a binary message; undefined for one without a channel, with an unknown one, or that closes nothing. */
export function decodeChannel(message: Buffer): ChannelMessage | undefined {
  const channel = message[0];
  if (channel === channels.close) return message.length === 2 ? { channel, closed: message[1]! } : undefined;
  return channel === undefined || channel > channels.resize ? undefined : { channel, data: message.subarray(1) };
}
