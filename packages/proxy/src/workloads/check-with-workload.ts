import type { Check, CheckAnswer } from '@sallyport/contracts';
import type { Span } from '@sallyport/kit';
import type { CheckClient } from '../authorize/check-client.ts';
import type { PresentedToken, WorkloadSessions } from './create-workload-sessions.ts';

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
