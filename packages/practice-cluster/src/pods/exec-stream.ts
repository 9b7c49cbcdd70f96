import type { Duplex } from 'node:stream';
import {
  channels,
  closeCodes,
  createStatus,
  decodeChannel,
  encodeChannel,
  encodeClose,
  encodeFrame,
  opcodes,
  WebSocketError,
} from '@sallyport/kubernetes';
import { MessageReader, type WebSocketEvent } from '../websocket/message-reader.ts';
import { createInput } from '../shell/input.ts';
import type { Input } from '../shell/input.ts';

type Options = { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean; closing: AbortSignal };

const maxMessage = 1024 * 1024;
const highWater = 256 * 1024;

/**
 * An exec over a socket: the standard streams as channels of WebSocket messages, and the exit code at the end.
 */
export class ExecStream {
  /** The input from the client. */
  readonly stdin: Input = createInput(() => this.#readOn());
  readonly #socket: Duplex;
  readonly #options: Options;
  readonly #reader = new MessageReader({ expectMasked: true, maxPayload: maxMessage, maxMessage });
  #over = false;
  readonly #onClosing = (): void => this.#end(closeCodes.goingAway);

  constructor(socket: Duplex, options: Options) {
    this.#socket = socket;
    this.#options = options;
    if (!options.stdin) this.stdin.end();
  }

  /** Starts to read. An empty first message tells the client that the stream is open. */
  start(head: Buffer): void {
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#socket.on('error', () => this.#gone());
    this.#socket.on('close', () => this.#gone());
    this.#socket.on('end', () => this.#end(closeCodes.goingAway));
    this.#options.closing.addEventListener('abort', this.#onClosing);
    this.#send(this.#options.stdout ? channels.stdout : channels.error, new Uint8Array(0));
    if (head.length > 0) this.#take(head);
    this.#socket.resume();
  }

  /**
   * Writes to the client. Resolves when the client can receive more. A terminal gets carriage returns and has no
   * separate error output.
   */
  async write(to: 'stdout' | 'stderr', data: string | Uint8Array): Promise<void> {
    const wanted = this.#options.tty ? 'stdout' : to;
    if (!this.#options[wanted]) return;
    const bytes = this.#options.tty
      ? Buffer.from(Buffer.from(data).toString('latin1').replaceAll('\n', '\r\n'), 'latin1')
      : Buffer.from(data);
    this.#send(channels[wanted], bytes);
    if (this.#socket.writableLength > highWater)
      await new Promise<void>((resolve) => {
        const go = (): void => {
          this.#socket.off('drain', go).off('close', go);
          resolve();
        };
        this.#socket.once('drain', go).once('close', go);
      });
  }

  /** Sends the exit code and closes. */
  exit(code: number): void {
    const failed = {
      metadata: {},
      status: 'Failure',
      message: `command terminated with non-zero exit code: exit status ${code}`,
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
    };
    this.#send(channels.error, Buffer.from(JSON.stringify(code === 0 ? { metadata: {}, status: 'Success' } : failed)));
    this.#end(closeCodes.normal);
  }

  /** Ends after an internal error. */
  fail(error: unknown): void {
    const message = error instanceof Error ? error.message : 'unknown error';
    this.#send(
      channels.error,
      Buffer.from(JSON.stringify(createStatus({ code: 500, reason: 'InternalError', message }))),
    );
    this.#end(closeCodes.internalError);
  }

  #take(chunk: Buffer): void {
    if (this.#over) return;
    try {
      for (const event of this.#reader.push(chunk)) this.#handle(event);
    } catch (error) {
      this.#end(
        error instanceof WebSocketError ? error.closeCode : closeCodes.internalError,
        error instanceof Error ? error.message : '',
      );
    }
  }

  #handle(event: WebSocketEvent): void {
    if (event.type === 'ping') this.#socket.write(encodeFrame({ opcode: opcodes.pong, payload: event.data }));
    if (event.type === 'close') this.#end(closeCodes.normal);
    if (event.type !== 'binary' && event.type !== 'text') return;
    const message = decodeChannel(event.data);
    if (message === undefined) throw new WebSocketError(closeCodes.protocolError, 'a message on an unknown channel');
    if ('closed' in message) {
      if (message.closed === channels.stdin) this.stdin.end();
    } else if (message.channel === channels.stdin) {
      this.stdin.push(message.data);
      if (this.stdin.waiting() > highWater) this.#socket.pause();
    }
  }

  #readOn(): void {
    if (this.#socket.isPaused() && this.stdin.waiting() <= highWater) this.#socket.resume();
  }

  #send(channel: number, data: Uint8Array): void {
    if (!this.#over && !this.#socket.destroyed)
      this.#socket.write(encodeFrame({ opcode: opcodes.binary, payload: encodeChannel(channel, data) }));
  }

  #end(code: number, reason = ''): void {
    if (this.#over) return;
    if (!this.#socket.destroyed) this.#socket.end(encodeClose(code, reason));
    this.#gone();
  }

  #gone(): void {
    this.#over = true;
    this.stdin.end();
    this.#options.closing.removeEventListener('abort', this.#onClosing);
  }
}
