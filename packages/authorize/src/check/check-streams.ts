import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { checkProtocol, maxOpenQuestions, maxQuestionBytes } from '@sallyport/contracts';
import {
  createRecordReader,
  ProblemError,
  recordKinds,
  sendProblem,
  toProblem,
  writeRecords,
  type Logger,
  type ServiceRecord,
  type ServiceVerifier,
} from '@sallyport/kit';
import type { AnswerChecks } from './answer-checks.ts';
import { readQuestion, type TracedCheck } from './read-checks.ts';

const path = '/v1/check';
/** No credential is valid for longer, not even with clocks that differ, so no connection lasts longer. */
const maxAgeMs = 65_000;
/** A gateway has two, and some more for a moment whenever it renews one. */
const maxStreams = 1024;
/** How long a gateway may take to read its last answers. */
const lingerMs = 2000;
const pollMs = 25;

type Deps = {
  /** Answers questions that arrived together, with a span for each of `traces`. */
  answer(checks: Parameters<AnswerChecks>[0], traces: readonly TracedCheck[]): ReturnType<AnswerChecks>;
  verifier: ServiceVerifier;
  logger: Logger;
};

/** The connections over which gateways ask. */
export type CheckStreams = {
  /** Takes a request for an upgrade. Refuses it with a problem unless a gateway sent it. */
  accept(request: IncomingMessage, socket: Duplex, early: Buffer): void;
  /**
   * Asks gateways to use another replica. Resolves when all have left, or after `ms`. Questions are answered all the
   * time, also on new connections.
   */
  release(ms: number): Promise<void>;
  /** Answers what has arrived, then closes the connections. */
  close(): void;
};

type Asked = { id: number; text: string };
type Read = Asked & { check: ReturnType<typeof readQuestion>['check'] };

const problemRecord = (id: number, error: unknown): ServiceRecord => ({
  kind: recordKinds.problem,
  id,
  text: JSON.stringify(toProblem(error)),
});

/** Answers questions that arrived together. One that cannot be read is refused, and the others are answered. */
async function answerAll(
  asked: readonly Asked[],
  { answer, logger }: Deps,
): Promise<{ records: ServiceRecord[]; afterwards?: () => void }> {
  const records: ServiceRecord[] = [];
  const read: Read[] = [];
  const traces: TracedCheck[] = [];
  for (const one of asked)
    try {
      const { check, parent } = readQuestion(one.text);
      if (parent) traces.push({ check: read.length, parent });
      read.push({ ...one, check });
    } catch (error) {
      records.push(problemRecord(one.id, error));
    }
  if (read.length === 0) return { records };
  try {
    const { answers, afterwards } = await answer(
      read.map(({ check }) => check),
      traces,
    );
    read.forEach(({ id }, index) => records.push({ kind: recordKinds.answer, id, text: answers[index]! }));
    return { records, afterwards };
  } catch (error) {
    if (toProblem(error).code === 'internal') logger.error({ err: error }, 'unexpected error');
    return { records: [...records, ...read.map(({ id }) => problemRecord(id, error))] };
  }
}

type Stream = { leave(): void; finish(): void };

/**
 * Reads questions from a connection until it ends. IDs rise, so that none is used twice. Nothing more is read while too
 * much waits to be answered, or to be read by the gateway. Whatever a gateway does not send ends the connection.
 */
function createStream(socket: Duplex, stillValid: () => boolean | Promise<boolean>, deps: Deps): Stream {
  let batch: Asked[] = [];
  let [lastId, open, openLength] = [0, 0, 0];
  let finishing = false;
  const timers = [setTimeout(() => finish(), maxAgeMs).unref()];
  const finish = () => {
    // A gateway that does not read its answers does not keep the connection open.
    if (!finishing) timers.push(setTimeout(() => socket.destroy(), lingerMs).unref());
    finishing = true;
    if (open === 0) socket.end();
  };
  const flow = () => {
    if (finishing || openLength > maxQuestionBytes || socket.writableNeedDrain) socket.pause();
    else if (socket.isPaused()) socket.resume();
  };
  const serve = async (asked: readonly Asked[]) => {
    const valid = stillValid();
    if (valid !== true && !(await valid)) return void socket.destroy();
    const { records, afterwards } = await answerAll(asked, deps);
    open -= asked.length;
    for (const { text } of asked) openLength -= text.length;
    if (socket.destroyed) return;
    socket.write(writeRecords(records));
    afterwards?.();
    if (finishing) finish();
    else flow();
  };
  const fail = (error: unknown) => {
    deps.logger.error({ err: error }, 'unexpected error');
    socket.destroy();
  };
  const reader = createRecordReader(maxQuestionBytes, (kind, id, text) => {
    if (kind !== recordKinds.question || id <= lastId) throw new Error('not a question with a new ID');
    if (open === maxOpenQuestions) throw new Error('too many questions are open');
    lastId = id;
    open += 1;
    openLength += text.length;
    batch.push({ id, text });
  });
  socket.on('data', (bytes: Buffer) => {
    try {
      reader.push(bytes);
    } catch (error) {
      deps.logger.warn({ reason: (error as Error).message }, 'closed a connection for checks');
      return void socket.destroy();
    }
    const asked = batch;
    batch = [];
    if (asked.length > 0) serve(asked).catch(fail);
    flow();
  });
  socket.on('drain', flow);
  socket.on('end', () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.once('close', () => timers.forEach(clearTimeout));
  return {
    leave: () => void socket.write(writeRecords([{ kind: recordKinds.leave, id: 0, text: '' }])),
    finish,
  };
}

/** Refuses an upgrade with a problem, as any other request. */
function refuse(request: IncomingMessage, socket: Duplex, error: unknown): void {
  const response = new ServerResponse(request);
  response.assignSocket(socket as never);
  response.shouldKeepAlive = false;
  response.once('finish', () => socket.end());
  sendProblem(response, error);
}

/** Creates the server's side of `checkProtocol`. */
export function createCheckStreams(deps: Deps): CheckStreams {
  const { verifier } = deps;
  const streams = new Set<Stream>();
  let releasing = false;
  let closed = false;
  const open = async (request: IncomingMessage, socket: Duplex, early: Buffer) => {
    const { authorization, upgrade } = request.headers;
    await verifier.verify(authorization);
    if (request.url !== path || request.method !== 'GET' || upgrade !== checkProtocol)
      throw new ProblemError('bad-request', `Only GET ${path} can be upgraded, to ${checkProtocol}.`);
    if (closed) return void socket.destroy();
    if (streams.size >= maxStreams) throw new ProblemError('too-many-requests', 'There are too many connections.');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${checkProtocol}\r\n\r\n`);
    if (early.length > 0) socket.unshift(early);
    // A credential that has expired, or whose key was taken away, is worth nothing on an open connection either.
    const stillValid = () =>
      verifier.verified(authorization) !== undefined ||
      verifier.verify(authorization).then(
        () => true,
        () => false,
      );
    const stream = createStream(socket, stillValid, deps);
    streams.add(stream);
    socket.once('close', () => streams.delete(stream));
    if (releasing) stream.leave();
  };
  return {
    accept(request, socket, early) {
      socket.on('error', () => socket.destroy());
      void open(request, socket, early).catch((error: unknown) => refuse(request, socket, error));
    },
    async release(ms) {
      releasing = true;
      for (const stream of streams) stream.leave();
      for (const until = performance.now() + ms; streams.size > 0 && performance.now() < until;) await pause(pollMs);
    },
    close() {
      closed = true;
      for (const stream of streams) stream.finish();
    },
  };
}
