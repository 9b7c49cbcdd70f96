import { setTimeout as pause } from 'node:timers/promises';
import { isProblemCode, type Check, type CheckAnswer, type CheckRequest } from '@sallyport/contracts';
import { ProblemError, type ServiceClient, type Span, type SpanAttributes, toProblem } from '@sallyport/kit';

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

type Waiting = {
  check: Check;
  /** The span of this check, if its request is traced. */
  span: Span | undefined;
  resolve(answer: CheckAnswer): void;
  reject(error: unknown): void;
};

/** Asks authorize for a decision. `span` is that of the request, if it is traced. */
export type CheckClient = { check(check: Check, span?: Span): Promise<CheckAnswer> };

const maxBatch = 256;
/** The pauses before the third, fourth and further attempts of a batch, in milliseconds, double from this one. */
const firstPauseMs = 10;

/** Refuses a request as the answer about it says. */
export function refuseUnlessAllowed({ decision, problem }: CheckAnswer): void {
  if (decision.effect !== 'allow')
    throw new ProblemError(
      isProblemCode(problem?.code) ? problem.code : 'forbidden',
      problem?.detail ?? 'The policy does not allow this.',
      { ruleMessage: problem?.ruleMessage },
    );
}

function asAnswer(value: unknown): CheckAnswer | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { decision } = value as { decision?: { effect?: unknown; rule?: unknown } };
  const known =
    decision &&
    (decision.effect === 'allow' || decision.effect === 'deny' || decision.effect === 'authenticate') &&
    typeof decision.rule === 'string';
  return known ? (value as CheckAnswer) : undefined;
}

/** What authorize is asked. Each check that is traced is listed with its own span. */
function bodyOf(batch: readonly Waiting[]): CheckRequest {
  const checks = batch.map((one) => one.check);
  let traces: CheckRequest['traces'];
  batch.forEach(({ span }, index) => {
    if (span) (traces ??= []).push({ check: index, traceparent: span.traceparent });
  });
  return traces ? { checks, traces } : { checks };
}

function answerAll(batch: readonly Waiting[], body: unknown): void {
  const answers = (body as { answers?: unknown } | undefined)?.answers;
  const complete = Array.isArray(answers) && answers.length === batch.length;
  batch.forEach((waiting, index) => {
    const answer = complete ? asAnswer(answers[index]) : undefined;
    if (answer) waiting.resolve(answer);
    else
      waiting.reject(
        new ProblemError(
          'authorize-unavailable',
          'The gateway could not read the decision, so it refused the request.',
        ),
      );
  });
}

type CheckClientDeps = {
  client: Pick<ServiceClient, 'request'>;
  timeoutMs: number;
  /** The address of authorize, as spans name it. */
  peer?: SpanAttributes;
};

/**
 * Creates the function that asks authorize about a batch. A replica of authorize that was killed takes its connections
 * with it, and new ones lead to it until the cluster has noticed. A check may be asked twice, so the same batch is sent
 * again, within the same deadline.
 */
function createAskUntilAnswered({ client, timeoutMs }: CheckClientDeps) {
  return async (body: CheckRequest) => {
    const until = performance.now() + timeoutMs;
    let storeWasAway = false;
    for (let wait = 0; ; wait = wait === 0 ? firstPauseMs : 2 * wait) {
      const left = until - performance.now();
      try {
        return await client.request({ method: 'POST', path: '/v1/check', body, timeoutMs: left });
      } catch (error) {
        const after = until - performance.now() - wait;
        if (!(error instanceof ProblemError) || after < timeoutMs / 4) throw error;
        // A replica that has just started, or has lost its connection to Redis, may be alone in that. Once is enough: if
        // Redis is away, clients are told soon.
        if (error.code === 'sessions-unavailable' && !storeWasAway) storeWasAway = true;
        else if (error.code !== 'service-unavailable') throw error;
      }
      if (wait > 0) await pause(wait);
    }
  };
}

/**
 * Creates the client. It collects the checks that arrive while one batch is in flight and sends them as the next batch.
 * There is no timer, so an idle client adds no delay beyond the turn of the event loop. A late, missing or unreadable
 * answer is a refusal.
 */
export function createCheckClient(deps: CheckClientDeps): CheckClient {
  const waiting: Waiting[] = [];
  let sending: 'no' | 'soon' | 'now' = 'no';
  /** Whether the last batch had one check. If so, no others are likely to come, and the next check does not wait. */
  let alone = true;
  const askUntilAnswered = createAskUntilAnswered(deps);
  const send = async () => {
    sending = 'now';
    const batch = waiting.splice(0, maxBatch);
    alone = batch.length === 1;
    try {
      const { body } = await askUntilAnswered(bodyOf(batch));
      answerAll(batch, body);
    } catch (cause) {
      const error =
        cause instanceof ProblemError && cause.code !== 'service-unavailable' && cause.status === 503
          ? cause
          : new ProblemError(
              'authorize-unavailable',
              'The gateway cannot get a decision at the moment, so it refused the request. Try again shortly.',
              { cause },
            );
      for (const one of batch) one.reject(error);
    }
    sending = 'no';
    sendSoon();
  };
  // Under load, waits until this turn of the event loop has read its sockets: checks that arrived together are sent
  // together.
  const sendSoon = () => {
    if (sending !== 'no' || waiting.length === 0) return;
    if (waiting.length === 1 && alone) return void send();
    sending = 'soon';
    setImmediate(() => void send());
  };
  const wait = (check: Check, span: Span | undefined) =>
    new Promise<CheckAnswer>((resolve, reject) => {
      waiting.push({ check, span, resolve, reject });
      sendSoon();
    });
  return {
    check: (check, span) =>
      span ? traceCheck(span, deps.peer, (ofCheck) => wait(check, ofCheck)) : wait(check, undefined),
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
