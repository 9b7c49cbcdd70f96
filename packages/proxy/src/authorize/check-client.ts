import {
  checkProtocol,
  isProblemCode,
  maxQuestionBytes,
  type Check,
  type CheckAnswer,
  type Question,
} from '@sallyport/contracts';
import {
  type Metrics,
  parseJson,
  ProblemError,
  readProblem,
  type ServiceClient,
  type Span,
  type SpanAttributes,
  toProblem,
} from '@sallyport/kit';
import { Counter } from 'prom-client';
import type { CheckConnection } from './check-connection.ts';
import { connectionOutcomes, createCheckConnections, type ConnectionOutcome } from './check-connections.ts';
import { createOpenQuestions, undecided, type OpenQuestion, type OpenQuestions } from './open-questions.ts';
import { createPostChecks } from './post-checks.ts';

/** Makes a check as a part of the request that it is for. The span begins when the check begins to wait for its batch. */
export async function traceCheck(
  parent: Span,
  peer: SpanAttributes | undefined,
  ask: (span: Span) => Promise<CheckAnswer>,
): Promise<CheckAnswer> {
  const span = parent.begin({ name: 'check', kind: 'client', attributes: { ...peer } });
  try {
    const answer = await ask(span);
    const { effect, rule, ruleName } = answer.decision;
    span.set({ 'sallyport.effect': effect, 'sallyport.rule': rule, 'sallyport.rule_name': ruleName });
    span.end();
    return answer;
  } catch (error) {
    span.end({ error: toProblem(error).code });
    throw error;
  }
}

/** Asks authorize for a decision. `span` is that of the request, if it is traced. */
export type CheckClient = { check(check: Check, span?: Span): Promise<CheckAnswer> };

/** Refuses a request as the answer about it says. */
export function refuseUnlessAllowed({ decision, problem }: CheckAnswer): void {
  if (decision.effect !== 'allow')
    throw new ProblemError(
      isProblemCode(problem?.code) ? problem.code : 'forbidden',
      problem?.detail ?? 'The policy does not allow this.',
      { ruleMessage: problem?.ruleMessage },
    );
}

type CheckClientDeps = {
  client: Pick<ServiceClient, 'request' | 'upgrade'>;
  /** How long a check may take, in milliseconds. */
  timeoutMs: number;
  /** The address of authorize, as spans name it. */
  peer?: SpanAttributes;
  /** Counts what becomes of connections. */
  count?: (outcome: ConnectionOutcome) => void;
};

/** Creates the counter of connections to authorize. */
export function createConnectionCounter(metrics: Metrics): (outcome: ConnectionOutcome) => void {
  const counter = new Counter({
    name: 'sallyport_proxy_check_connections_total',
    help: 'Connections for checks: opened, failed to open, given up because authorize was silent, or unsupported by it.',
    labelNames: ['outcome'],
    registers: [metrics],
  });
  // From the start, so that an alert sees the first of each kind as a rise.
  for (const outcome of connectionOutcomes) counter.inc({ outcome }, 0);
  return (outcome) => counter.inc({ outcome });
}

const path = '/v1/check';
/** How many checks may wait. Further ones are refused at once. */
const maxQuestions = 16_384;
/** How long an authorize that does not know the protocol is asked by POST before a connection is tried again. */
const postForMs = 10_000;

const textOf = ({ check, span }: OpenQuestion) => {
  const question: Question = span ? { check, traceparent: span.traceparent } : { check };
  return JSON.stringify(question);
};
const isTooLarge = (text: string) => text.length > maxQuestionBytes / 3 && Buffer.byteLength(text) > maxQuestionBytes;

/** Sends what waits in one write, or as much of it as the connection takes. Returns how many questions that were. */
function sendWaiting(connection: CheckConnection<OpenQuestion>, questions: OpenQuestions): number {
  const batch = questions.take(connection.room());
  const [sent, texts]: [OpenQuestion[], string[]] = [[], []];
  let size = 0;
  let next = 0;
  for (; next < batch.length && size < maxQuestionBytes; next += 1) {
    const [question, text] = [batch[next]!, textOf(batch[next]!)];
    if (isTooLarge(text)) {
      questions.refuse(question, new ProblemError('too-large', 'This request is too large to be authorized.'));
      continue;
    }
    size += text.length;
    sent.push(question);
    texts.push(text);
  }
  if (next < batch.length) questions.putBack(batch.slice(next));
  if (sent.length > 0) connection.send(sent, texts);
  return sent.length;
}

/**
 * Creates the client. It asks over a connection that it keeps, and never waits for the answer to one question before it
 * sends the next. A question that comes alone is sent at once. Those of one turn of the event loop are sent together.
 * There is no timer before that. A late, missing or unreadable answer is a refusal. A check may be asked twice, so the
 * questions of a connection that ends, or is silent, are asked over another one within their time.
 */
export function createCheckClient(deps: CheckClientDeps): CheckClient {
  const { client, timeoutMs, count = () => undefined } = deps;
  const sweepMs = timeoutMs / 20;
  const questions = createOpenQuestions(timeoutMs);
  const post = createPostChecks({ client, questions });
  let postUntil = 0;
  let soon = false;
  /** Whether the last write had one question. If so, no others are likely to come, and the next one does not wait. */
  let alone = true;
  let timer: NodeJS.Timeout | undefined;
  const connections = createCheckConnections<OpenQuestion>({
    open: () => client.upgrade({ path, protocol: checkProtocol, timeoutMs }),
    silenceMs: timeoutMs / 4,
    count,
    onAnswer: (question, text) => questions.answer(question, parseJson(text)),
    onProblem(question, text) {
      if (!questions.fail(question, readProblem(parseJson(text)) ?? undecided())) return;
      connections.move();
      questions.putBack([question]);
    },
    onLost(lost) {
      questions.putBack(lost);
      flush();
    },
    onRoom() {
      if (!soon) flush();
    },
    onFailure(error, pauseMs) {
      questions.refuseLate(pauseMs, error);
      flush();
    },
    onUnsupported() {
      postUntil = performance.now() + postForMs;
      flush();
    },
  });
  const flush = () => {
    soon = false;
    while (questions.isWaiting()) {
      const connection = performance.now() < postUntil ? undefined : connections.current();
      if (!connection) return void (postUntil > 0 && post());
      postUntil = 0;
      if (connection.room() === 0) return;
      alone = sendWaiting(connection, questions) === 1;
    }
  };
  const sweep = () => {
    timer = undefined;
    questions.expire(sweepMs);
    connections.sweep();
    if (questions.size > 0) watch();
  };
  // Answers that have arrived are read first, so that they count although this process was busy.
  const watch = () => (timer ??= setTimeout(() => setImmediate(sweep), sweepMs));
  const ask = (check: Check, span: Span | undefined) =>
    new Promise<CheckAnswer>((resolve, reject) => {
      if (questions.size >= maxQuestions) return reject(undecided());
      const until = performance.now() + timeoutMs;
      const state = {
        sent: false,
        settled: false,
        on: undefined,
        hurried: false,
        storeWasAway: false,
        place: undefined,
      };
      questions.add({ check, span, until, ...state, resolve, reject });
      watch();
      if (soon) return;
      if (alone && questions.size === 1) return flush();
      soon = true;
      setImmediate(flush);
    });
  return {
    check: (check, span) =>
      span ? traceCheck(span, deps.peer, (ofCheck) => ask(check, ofCheck)) : ask(check, undefined),
  };
}

/**
 * Returns the check of a path with escaped slashes as an application reads it that decodes them. Undefined if the path
 * has none, so that there is only one reading of it.
 */
export function otherReading(check: Check): Check | undefined {
  if (check.target.kind !== 'route') return undefined;
  const path = check.request.path.replaceAll(/%2f/gi, '/');
  return path === check.request.path ? undefined : { ...check, request: { ...check.request, path } };
}

/**
 * Asks authorize about every reading of a request: one, or two if the path has escaped slashes. All of them must be
 * allowed. Rejects if one of them cannot be answered.
 */
export function checkReadings(client: CheckClient, check: Check): Promise<CheckAnswer[]> {
  const other = otherReading(check);
  return Promise.all([check, ...(other ? [other] : [])].map((one) => client.check(one)));
}
