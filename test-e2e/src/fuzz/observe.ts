import { createStatus, createStreamObserver, type ObservedStream } from '@sallyport/kubernetes';

const status = createStatus({ code: 401, reason: 'Unauthorized', message: 'over' } as never);

/**
 * Feeds an observer of streams. Each piece starts with a byte whose lowest bit selects the side, and two bytes with its
 * length. Throws if the observer fails unexpectedly, counts more than was sent, or cannot return how to end.
 */
export function observe(about: ObservedStream, input: Buffer): void {
  const observer = createStreamObserver(about);
  const sent = { client: 0, server: 0 };
  for (let at = 0; at + 3 <= input.length;) {
    const [side, length] = [input[at]! & 1, input.readUInt16BE(at + 1)];
    const piece = input.subarray(at + 3, at + 3 + length);
    if (side === 0) observer.fromClient(piece);
    else observer.fromServer(piece);
    sent[side === 0 ? 'client' : 'server'] += piece.length;
    at += 3 + length;
  }
  if (observer.reason?.startsWith('the observer failed')) throw new Error(observer.reason);
  const summary = observer.summary();
  for (const [channel, { fromClient, fromServer }] of Object.entries(summary.channels))
    if (!(fromClient >= 0 && fromServer >= 0 && fromClient <= sent.client && fromServer <= sent.server))
      throw new Error(`${channel} counts more than was sent`);
  if (
    summary.exitCode !== undefined &&
    !(Number.isInteger(summary.exitCode) && summary.exitCode >= 0 && summary.exitCode <= 255)
  )
    throw new Error(`an exit code of ${summary.exitCode}`);
  if ((summary.errorText?.length ?? 0) > 65_536) throw new Error('an endless error text');
  JSON.stringify(summary);
  const ending = observer.endWith(status);
  if (ending && !ending.ready && !(ending.remaining >= 1)) throw new Error('an end that cannot be reached');
  if (ending?.ready && ending.bytes.length > 16_384) throw new Error('endless final bytes');
}

/** Returns a piece in the format of `observe`. */
export function piece(side: 'client' | 'server', bytes: Uint8Array): Buffer {
  const head = Buffer.from([side === 'client' ? 0 : 1, 0, 0]);
  head.writeUInt16BE(Math.min(bytes.length, 65_535), 1);
  return Buffer.concat([head, bytes.subarray(0, 65_535)]);
}
