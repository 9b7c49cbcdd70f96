import type { Check, CheckAnswer } from '@sallyport/contracts';
import { ProblemError, type ServiceClient } from '@sallyport/kit';

type Waiting = { check: Check; resolve(answer: CheckAnswer): void; reject(error: unknown): void };

/** Asks authorize, for every request. */
export type CheckClient = { check(check: Check): Promise<CheckAnswer> };

const maxBatch = 256;

function asAnswer(value: unknown): CheckAnswer | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { decision } = value as { decision?: { effect?: unknown; rule?: unknown } };
  const known =
    decision &&
    (decision.effect === 'allow' || decision.effect === 'deny' || decision.effect === 'authenticate') &&
    typeof decision.rule === 'string';
  return known ? (value as CheckAnswer) : undefined;
}

function settle(batch: readonly Waiting[], body: unknown): void {
  const answers = (body as { answers?: unknown } | undefined)?.answers;
  const complete = Array.isArray(answers) && answers.length === batch.length;
  batch.forEach((waiting, index) => {
    const answer = complete ? asAnswer(answers[index]) : undefined;
    if (answer) waiting.resolve(answer);
    else
      waiting.reject(
        new ProblemError(
          'authorize-unavailable',
          'The decision of authorize could not be read, so nothing was let through.',
        ),
      );
  });
}

/**
 * Gathers the checks that come in while one batch is under way and sends them as the next: no timer, and when idle no
 * delay but the turn of the event loop. Late, missing or unreadable answers are refusals.
 */
export function createCheckClient(deps: { client: Pick<ServiceClient, 'request'>; timeoutMs: number }): CheckClient {
  const waiting: Waiting[] = [];
  let sending: 'no' | 'soon' | 'now' = 'no';
  /** Whether the last batch was of one: then the next one, too, is likely to wait for company in vain. */
  let alone = true;
  const ask = (checks: readonly Check[], timeoutMs: number) =>
    deps.client.request({ method: 'POST', path: '/v1/check', body: { checks }, timeoutMs });
  // A replica of authorize that stops takes its idle connections along: the same question goes once more, within the
  // same deadline.
  const askAgain = (checks: readonly Check[], startedAt: number) => (error: unknown) => {
    const left = deps.timeoutMs - (performance.now() - startedAt);
    if (!(error instanceof ProblemError) || error.code !== 'service-unavailable' || left < deps.timeoutMs / 4)
      throw error;
    return ask(checks, left);
  };
  const send = async () => {
    sending = 'now';
    const batch = waiting.splice(0, maxBatch);
    alone = batch.length === 1;
    try {
      const checks = batch.map((one) => one.check);
      const { body } = await ask(checks, deps.timeoutMs).catch(askAgain(checks, performance.now()));
      settle(batch, body);
    } catch (cause) {
      const error =
        cause instanceof ProblemError && cause.code !== 'service-unavailable' && cause.status === 503
          ? cause
          : new ProblemError(
              'authorize-unavailable',
              'No decision can be had at the moment, so nothing was let through. Try again shortly.',
              { cause },
            );
      for (const one of batch) one.reject(error);
    }
    sending = 'no';
    sendSoon();
  };
  // When there is much to do, not at once but when this turn of the event loop has read its sockets: what came in
  // together goes together.
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
