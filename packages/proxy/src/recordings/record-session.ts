import type { Duplex } from 'node:stream';
import { ProblemError } from '@sallyport/kit';
import type { PayloadSink, StreamObserver } from '@sallyport/kubernetes';
import type { LiveTap, RecordingWriter, WriterHooks } from '@sallyport/recordings';
import type { Allowed, ClusterExchange } from '../exchange/exchange.ts';
import type { RecordedTunnel, SessionRecording } from '../exchange/session-recording.ts';
import { HeldOutput } from './held-output.ts';
import { createSessionLoss, reasonOf, type SessionLossDeps } from './session-loss.ts';
import { createNotice } from './session-notice.ts';

const nothing = Buffer.alloc(0);

type RecordSessionDeps = SessionLossDeps & {
  id: string;
  exchange: Allowed<ClusterExchange>;
  /** Whether what people type is recorded. */
  input: boolean;
  /** What shows the session to those who watch. */
  live: Pick<LiveTap, 'data' | 'resize' | 'close'>;
  /** The recording failed. */
  failed(error: Error): void;
  /** Called when the session is over, with what finishes its recording. */
  finishing(finished: Promise<void>): void;
};

/** The recording of one session, which is created before it begins. */
export class RecordedSession implements SessionRecording {
  readonly id: string;
  /** What the recorder tells of it. */
  readonly hooks: WriterHooks;
  readonly #deps: RecordSessionDeps;
  readonly #loss: ReturnType<typeof createSessionLoss>;
  readonly #sink: PayloadSink;
  #writer: RecordingWriter | undefined;
  /** Where everything that was read is in the recording. */
  #offset = 0;
  #held: readonly HeldOutput[] = [];
  #isOver = false;

  constructor(deps: RecordSessionDeps) {
    this.id = deps.id;
    this.#deps = deps;
    this.#loss = createSessionLoss(deps);
    this.#sink = {
      input: deps.input,
      data: (channel, bytes) => {
        this.#offset = this.#writer!.data(channel, bytes);
        deps.live.data(channel, bytes);
      },
      resize: (columns, rows) => {
        this.#offset = this.#writer!.resize(columns, rows);
        deps.live.resize(columns, rows);
      },
    };
    this.hooks = {
      written: () => {
        for (const one of this.#held) one.recorded();
      },
      failed: (error) => {
        deps.failed(error);
        this.#lose(reasonOf(error), true);
      },
    };
  }

  get isWhole(): boolean {
    return this.#writer !== undefined && !this.#loss.isLost;
  }

  get sink(): PayloadSink | undefined {
    return this.isWhole ? this.#sink : undefined;
  }

  /** The recorder has begun. */
  begun(writer: RecordingWriter): void {
    this.#writer = writer;
    if (this.#isOver) this.#finishWriter();
  }

  require(): void {
    this.#loss.require();
  }

  /** There is no place for the recording. Throws `recording-unavailable` if there must be one. */
  cannotRecord(reason: string): void {
    if (this.#loss.isRequired)
      throw new ProblemError('recording-unavailable', `This session must be recorded, and cannot be now: ${reason}.`);
    this.#lose(reason, false);
  }

  cannotRead(reason: string): void {
    if (this.#loss.isRequired)
      throw new ProblemError('not-recordable', `This session must be recorded, and cannot be: ${reason}.`);
    this.#lose(reason, false);
  }

  join({ client, upstream }: { client: Duplex; upstream: Duplex }, observer: StreamObserver): RecordedTunnel {
    const position = {
      offset: () => this.#offset,
      written: () => this.#writer!.written,
      isReadable: () => observer.state === 'ok',
    };
    const toClient = new HeldOutput(client, { ...position, sinceBoundary: () => observer.sinceBoundary });
    const toUpstream = new HeldOutput(upstream, { ...position, sinceBoundary: () => 0 });
    this.#held = [toClient, toUpstream];
    const notice = createNotice(this.#deps.exchange, this.id);
    return {
      toClient,
      toUpstream,
      fromClient: (chunk) => {
        observer.fromClient(chunk);
        return this.#readable(chunk, observer);
      },
      fromServer: (chunk, pass) => {
        const take = (part: Buffer) => this.#readable(pass(part), observer);
        if (this.#loss.isLost) return take(chunk);
        return take(notice(chunk, { observer, sink: this.#sink, take, out: toClient }));
      },
    };
  }

  finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#loss.end();
    this.#deps.live.close();
    this.#finishWriter();
  }

  /** What is held is passed on once it is recorded, but not if the disk has failed. */
  #lose(reason: string, diskFailed: boolean): void {
    this.#deps.live.close();
    this.#loss.lose(reason, {
      goOn: () => this.#held.forEach((one) => one.release()),
      stop: () => diskFailed && this.#held.forEach((one) => one.discard()),
    });
  }

  /** Returns what may be passed on of what an observer was just fed. */
  #readable(chunk: Buffer, observer: StreamObserver): Buffer {
    if (observer.state !== 'ok') this.#lose(observer.reason!, false);
    return this.#loss.isLost && this.#loss.isRequired ? nothing : chunk;
  }

  #finishWriter(): void {
    const { exchange, finishing } = this.#deps;
    const { stream, observer, statusCode } = exchange;
    const reason = stream?.end?.reason ?? (statusCode === 101 ? undefined : 'not opened');
    const exitCode = observer?.summary().exitCode;
    const how = { ...(exitCode === undefined ? {} : { exitCode }), ...(reason === undefined ? {} : { reason }) };
    if (this.#writer) finishing(this.#writer.finish(how));
  }
}
