import { readImpersonationTargets, type Impersonation } from '@sallyport/contracts';
import type { ImpersonateRules } from '../policies/impersonate-rules.ts';
import type { CallerView } from './caller-view.ts';

/** The identity as which a request goes upstream, or why it cannot. */
export type ActsAs = { readonly identity: Impersonation; readonly refusal?: undefined } | { readonly refusal: string };

/**
 * Returns as whom a request that asks to act as another goes upstream, once the policy allows it. A name that the settings
 * of the cluster hold back is refused and never left out: without it, the request would be about someone else.
 */
export function actAs(
  asked: readonly string[],
  caller: Pick<CallerView, 'acting'>,
  rules: Pick<ImpersonateRules, 'refuseTarget'>,
): ActsAs {
  const target = readImpersonationTargets(asked);
  if (!target) return { refusal: 'the request does not name one user to act as' };
  const refusal = rules.refuseTarget(target);
  return refusal === undefined ? { identity: caller.acting(target) } : { refusal };
}
