import type { AnswerOf, ApiCall, BodyOf, CallPlace } from '@sallyport/contracts/api';
import type * as z from 'zod/mini';
import { callAsUser, type OpenGateway } from './open-gateway.ts';
import { readAnswer } from './read-answer.ts';

type Sent<Call extends ApiCall> = CallPlace<Call> & { json?: BodyOf<Call>; timeoutMs?: number };

/**
 * Makes a call of the gateway's API as the user who is logged in, and returns its answer. Faults of the answer name
 * `what`. Throws a CliError if the gateway refuses.
 */
export async function callApi<Call extends ApiCall>(
  gateway: OpenGateway,
  call: Call,
  what: string,
  sent: Sent<Call>,
): Promise<AnswerOf<Call>> {
  // A command that fails before it asks anything does not load the table of all calls.
  const { operationOf, requestOf } = await import('@sallyport/contracts/api');
  const { json, timeoutMs } = sent as { json?: unknown; timeoutMs?: number };
  const body = await callAsUser(gateway, { ...requestOf(call, sent), json, timeoutMs });
  return readAnswer(operationOf(call).answer as z.ZodMiniType<AnswerOf<Call>>, body, what);
}
