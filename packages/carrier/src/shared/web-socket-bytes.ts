import { randomFillSync } from 'node:crypto';
import { Duplex } from 'node:stream';
import {
  applyMask,
  closeCodes,
  encodeClose,
  encodeFrame,
  opcodes,
  protocolError,
  readFrameHeader,
  type FrameHeader,
} from '@sallyport/kubernetes';
import { CarrierError } from './carrier-error.ts';

/** Frames are passed on as they arrive, so this bounds no memory. Nobody sends larger ones by right. */
const maxPayload = 1024 * 1024;
/** In small parts, a slow connection shows often that it is alive. */
const frameSize = 65_536;
/** Its answer costs as much time as so many bytes. */
const costOfPing = 1024;
/** How long a peer has to take the last bytes. */
const lingerMs = 1000;

type Options = {
  socket: Duplex;
  /** What was read of the socket behind the HTTP head. */
  head: Buffer;
  side: 'gateway' | 'connector';
  /** Is told of bytes from the peer, and with 0 that a full send buffer has drained: both show that the peer is alive. */
  onAlive(bytes: number): void;
};

/**
 * The bytes in the binary frames of a WebSocket (RFC 6455, no extensions) as one stream. The bounds of frames have no
 * meaning. The end of the WebSocket is the end of the stream, and anything else that ends it is an error.
 */
export class WebSocketBytes extends Duplex {
  readonly #socket: Duplex;
  readonly #side: Options['side'];
  readonly #onAlive: Options['onAlive'];
  readonly #masks = Buffer.alloc(4096);
  #nextMask = this.#masks.length;
  /** The start of a header. */
  #partial = Buffer.alloc(0);
  #header: FrameHeader | undefined;
  #passed = 0;
  #control = Buffer.alloc(0);
  #inMessage = false;
  #closeSent = false;
  #ended = false;
  #afterDrain: (() => void) | undefined;
  /** Bytes of frames so far. */
  received = 0;
  sent = 0;
  /** The reason in the peer's close frame. What is between the ends can write one too, so it is for messages only. */
  closeReason = '';

  constructor({ socket, head, side, onAlive }: Options) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#side = side;
    this.#onAlive = onAlive;
    socket.on('error', (error) => this.destroy(error));
    socket.on('end', () => this.#lost());
    socket.on('close', () => this.#lost());
    socket.on('drain', () => {
      this.#onAlive(0);
      const next = this.#afterDrain;
      this.#afterDrain = undefined;
      next?.();
    });
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    if (head.length > 0) socket.unshift(head);
  }

  /** Tells the peer why it is refused. Destroy the stream afterwards. */
  sendClose(reason: string): void {
    if (this.#closeSent || this.#socket.destroyed) return;
    this.#closeSent = true;
    this.#socket.write(
      encodeClose(reason === '' ? closeCodes.normal : closeCodes.policyViolation, reason, this.#mask()),
    );
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(payload: Buffer, _encoding: unknown, done: () => void): void {
    for (let at = 0; at < payload.length && !this.#closeSent; at += frameSize) {
      const part = payload.subarray(at, at + frameSize);
      const frame = encodeFrame({ opcode: opcodes.binary, payload: part, mask: this.#mask() });
      this.sent += frame.length;
      if (this.#socket.write(frame)) continue;
      const rest = payload.subarray(at + frameSize);
      this.#afterDrain = () => this._write(rest, undefined, done);
      return;
    }
    done();
  }

  override _final(done: () => void): void {
    this.sendClose('');
    this.#socket.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const socket = this.#socket;
    if (error) socket.destroy();
    else {
      socket.end();
      setTimeout(() => socket.destroy(), lingerMs).unref();
    }
    done(error);
  }

  #mask(): Uint8Array | undefined {
    if (this.#side === 'gateway') return undefined;
    if (this.#nextMask === this.#masks.length) {
      randomFillSync(this.#masks);
      this.#nextMask = 0;
    }
    this.#nextMask += 4;
    return this.#masks.subarray(this.#nextMask - 4, this.#nextMask);
  }

  #lost(): void {
    if (!this.#ended) this.destroy(new CarrierError('carrier-lost', 'the connection was cut'));
  }

  #receive(chunk: Buffer): void {
    this.received += chunk.length;
    this.#onAlive(chunk.length);
    try {
      for (let rest = chunk; rest.length > 0 && !this.#ended && !this.destroyed;)
        rest = this.#header ? this.#pass(rest, this.#header) : this.#begin(rest);
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  /** Reads a header, and returns what follows it. */
  #begin(chunk: Buffer): Buffer {
    const bytes = this.#partial.length === 0 ? chunk : Buffer.concat([this.#partial, chunk]);
    const header = readFrameHeader(bytes, { expectMasked: this.#side === 'gateway', maxPayload });
    if (!header) {
      this.#partial = Buffer.from(bytes);
      return bytes.subarray(bytes.length);
    }
    const { opcode, fin, length, mask } = header;
    if (opcode === opcodes.text) throw protocolError('a text frame');
    if (opcode < opcodes.close) {
      if ((opcode === opcodes.continuation) !== this.#inMessage) throw protocolError('fragments are out of order');
      this.#inMessage = !fin;
    }
    this.#partial = Buffer.alloc(0);
    this.#header = header;
    this.#passed = 0;
    const rest = bytes.subarray(2 + (length < 126 ? 0 : length < 65_536 ? 2 : 8) + (mask ? 4 : 0));
    return length === 0 ? this.#pass(rest, header) : rest;
  }

  /** Passes on what the chunk has of the payload of a frame, and returns what follows it. */
  #pass(chunk: Buffer, { opcode, length, mask }: FrameHeader): Buffer {
    const part = chunk.subarray(0, length - this.#passed);
    if (mask) applyMask(part, mask, this.#passed);
    this.#passed += part.length;
    if (this.#passed === length) this.#header = undefined;
    if (opcode < opcodes.close) {
      if (part.length > 0 && !this.push(part)) this.#socket.pause();
    } else {
      this.#control = Buffer.concat([this.#control, part]);
      if (!this.#header) this.#answer(opcode, this.#control);
    }
    return chunk.subarray(part.length);
  }

  #answer(opcode: number, payload: Buffer): void {
    this.#control = Buffer.alloc(0);
    if (opcode === opcodes.close) {
      this.closeReason = payload.toString('utf8', 2).replaceAll(/[^\x20-\x7e]/g, '?');
      this.#ended = true;
      this.sendClose('');
      this.push(null);
    }
    if (opcode !== opcodes.ping) return;
    this.#onAlive(costOfPing);
    // Balancers may ping. A pong that cannot be sent at once is worth nothing, and many would fill the memory.
    if (this.#closeSent || this.#socket.writableNeedDrain) return;
    this.#socket.write(encodeFrame({ opcode: opcodes.pong, payload, mask: this.#mask() }));
  }
}
