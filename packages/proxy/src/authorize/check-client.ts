import { setTimeout as pause } from 'node:timers/promises';
import type { Check, CheckAnswer } from '@sallyport/contracts';
import { ProblemError, type ServiceClient } from '@sallyport/kit';

type Waiting = { check: Check; resolve(answer: CheckAnswer): void; reject(error: unknown): void };

/** Asks authorize for a decision. */
export type CheckClient = { check(check: Check): Promise<CheckAnswer> };

const maxBatch = 256;
/** The pauses before the third, fourth and further attempts of a batch, in milliseconds, double from this one. */
const firstPauseMs = 10;

function asAnswer(value: unknown): CheckAnswer | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { decision } = value as { decision?: { effect?: unknown; rule?: unknown } };
  const known =
    decision &&
    (decision.effect === 'allow' || decision.effect === 'deny' || decision.effect === 'authenticate') &&
    typeof decision.rule === 'string';
  return known ? (value as CheckAnswer) : undefined;
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

/**
 * Creates the client. It collects the checks that arrive while one batch is in flight and sends them as the next batch.
 * There is no timer, so an idle client adds no delay beyond the turn of the event loop. A late, missing or unreadable
 * answer is a refusal.
 */
export function createCheckClient(deps: { client: Pick<ServiceClient, 'request'>; timeoutMs: number }): CheckClient {
  const waiting: Waiting[] = [];
  let sending: 'no' | 'soon' | 'now' = 'no';
  /** Whether the last batch had one check. If so, no others are likely to come, and the next check does not wait. */
  let alone = true;
  const ask = (checks: readonly Check[], timeoutMs: number) =>
    deps.client.request({ method: 'POST', path: '/v1/check', body: { checks }, timeoutMs });
  // A replica of authorize that was killed takes its connections with it, and new ones lead to it until the cluster has
  // noticed. A check may be asked twice, so the same batch is sent again, within the same deadline.
  const askUntilAnswered = async (checks: readonly Check[]) => {
    const until = performance.now() + deps.timeoutMs;
    let storeWasAway = false;
    for (let wait = 0; ; wait = wait === 0 ? firstPauseMs : 2 * wait) {
      const left = until - performance.now();
      try {
        return await ask(checks, left);
      } catch (error) {
        const after = until - performance.now() - wait;
        if (!(error instanceof ProblemError) || after < deps.timeoutMs / 4) throw error;
        // A replica that has just started, or has lost its connection to Redis, may be alone in that. Once is enough: if
        // Redis is away, clients are told soon.
        if (error.code === 'sessions-unavailable' && !storeWasAway) storeWasAway = true;
        else if (error.code !== 'service-unavailable') throw error;
      }
      if (wait > 0) await pause(wait);
    }
  };
  const send = async () => {
    sending = 'now';
    const batch = waiting.splice(0, maxBatch);
    alone = batch.length === 1;
    try {
      const checks = batch.map((one) => one.check);
      const { body } = await askUntilAnswered(checks);
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
  return {
    check: (check) =>
      new Promise((resolve, reject) => {
        waiting.push({ check, resolve, reject });
        sendSoon();
      }),
  };
}
