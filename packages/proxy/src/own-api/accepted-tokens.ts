import type { AcceptedTokens } from '../credential/read-carriers.ts';
import type { OwnApiDeps } from './own-api-deps.ts';

/** Returns what recognizes the tokens that are not opaque, for calls of the gateway's own pages and API. */
export function acceptedTokens({ pomerium, workloads }: Pick<OwnApiDeps, 'pomerium' | 'workloads'>): AcceptedTokens {
  return { tokens: pomerium?.tokens, workloads };
}
