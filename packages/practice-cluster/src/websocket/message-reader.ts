import { isUtf8 } from 'node:buffer';
import { closeCodes, opcodes, protocolError, WebSocketError, type FrameReaderOptions } from '@sallyport/kubernetes';
import { FrameReader, type Frame } from './frame-reader.ts';

/** A message (with its fragments combined) or a control frame. */
export type WebSocketEvent =
  | { type: 'text' | 'binary'; data: Buffer }
  | { type: 'ping' | 'pong'; data: Buffer }
  | { type: 'close'; code: number; reason: string };

/** `maxMessage` limits the bytes of a message over all its fragments. */
type MessageReaderOptions = FrameReaderOptions & { maxMessage: number };

// Empty fragments cost the sender only two bytes each. A message with more fragments than this is an attack.
const maxFragments = 4096;

/** Reads complete messages and control frames from bytes as they arrive (RFC 6455, 5.4 to 5.6). */
export class MessageReader {
  readonly #frames: FrameReader;
  readonly #maxMessage: number;
  #opcode: number | undefined;
  #fragments: Buffer[] = [];
  #length = 0;
  #closed = false;

  constructor(options: MessageReaderOptions) {
    this.#frames = new FrameReader(options);
    this.#maxMessage = options.maxMessage;
  }

  /**
   * Takes the next bytes and returns the events that they complete. Ignores everything after a close. Throws
   * WebSocketError on a violation.
   */
  push(chunk: Uint8Array): WebSocketEvent[] {
    const events: WebSocketEvent[] = [];
    if (this.#closed) return events;
    for (const frame of this.#frames.push(chunk)) {
      const event = frame.opcode >= 8 ? control(frame) : this.#data(frame);
      if (event === undefined) continue;
      events.push(event);
      if (event.type === 'close') {
        this.#closed = true;
        break;
      }
    }
    return events;
  }

  #data(frame: Frame): WebSocketEvent | undefined {
    if ((frame.opcode === opcodes.continuation) === (this.#opcode === undefined)) {
      throw protocolError(
        this.#opcode === undefined ? 'a continuation frame without a message' : 'a new message inside a fragmented one',
      );
    }
    this.#opcode ??= frame.opcode;
    this.#fragments.push(frame.payload);
    this.#length += frame.payload.length;
    if (this.#length > this.#maxMessage || this.#fragments.length > maxFragments)
      throw new WebSocketError(
        closeCodes.tooBig,
        `a message of more than ${this.#maxMessage} bytes or ${maxFragments} fragments`,
      );
    return frame.fin ? this.#message() : undefined;
  }

  #message(): WebSocketEvent {
    const data = this.#fragments.length === 1 ? this.#fragments[0]! : Buffer.concat(this.#fragments, this.#length);
    const type = this.#opcode === opcodes.text ? 'text' : 'binary';
    this.#opcode = undefined;
    this.#fragments = [];
    this.#length = 0;
    if (type === 'text' && !isUtf8(data))
      throw new WebSocketError(closeCodes.invalidPayload, 'a text message that is not UTF-8');
    return { type, data };
  }
}

function control({ opcode, payload }: Frame): WebSocketEvent {
  if (opcode !== opcodes.close) return { type: opcode === opcodes.ping ? 'ping' : 'pong', data: payload };
  if (payload.length === 0) return { type: 'close', code: 1005, reason: '' };
  if (payload.length === 1) throw protocolError('a close frame of one byte');
  const code = payload.readUInt16BE(0);
  const reason = payload.subarray(2);
  if (!isCloseCode(code)) throw protocolError(`close code ${code} is not allowed on the wire`);
  if (!isUtf8(reason)) throw new WebSocketError(closeCodes.invalidPayload, 'a close reason that is not UTF-8');
  return { type: 'close', code, reason: reason.toString() };
}

function isCloseCode(code: number): boolean {
  return (
    (code >= 3000 && code <= 4999) || (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006)
  );
}
