import type { Check, CheckAnswer } from '@sallyport/contracts';
import type { Span } from '@sallyport/kit';
import type { CheckClient } from '../authorize/check-client.ts';
import type { PresentedToken, WorkloadSessions } from './workload-sessions.ts';
import type { Exchange } from '../exchange/exchange.ts';

/** Takes the token of a workload out of the exchange, so that it is held no longer than it is needed. */
export function takePresented(exchange: Exchange): PresentedToken | undefined {
  const { workloadToken: token, tokenHash: hash, clientAddress, request } = exchange;
  exchange.workloadToken = undefined;
  return token === undefined || hash === undefined ? undefined : { token, hash, clientAddress, request };
}

/**
 * Asks authorize. If it does not know the credential, and the credential may be the token of a workload, begins the
 * session and asks once more. `again` is called before that. `span` is that of the request, if it is traced.
 */
export async function checkWithWorkload(
  { client, workloads }: { client: CheckClient; workloads?: Pick<WorkloadSessions, 'begin'> | undefined },
  check: Check,
  presented: PresentedToken | undefined,
  { again, span }: { again?: () => void; span?: Span | undefined } = {},
): Promise<CheckAnswer> {
  const answer = await client.check(check, span);
  if (answer.credential !== 'unknown' || !workloads || !presented) return answer;
  await workloads.begin(presented, span);
  again?.();
  return client.check(check, span);
}
