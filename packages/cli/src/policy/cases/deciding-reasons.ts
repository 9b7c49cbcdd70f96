import type { PolicyResult } from '../../config/gateway-config.ts';

/** Returns the reasons that decided, out of the two lists of the engine. A gateway records these with its decision. */
export function decidingReasons({
  effect,
  allow,
  deny,
}: Pick<PolicyResult, 'effect' | 'allow' | 'deny'>): readonly string[] {
  if (effect === 'allow') return allow.reasons;
  if (effect === 'authenticate') return allow.reasons.includes('user-unauthenticated') ? allow.reasons : deny.reasons;
  return deny.value || allow.value ? deny.reasons : allow.reasons;
}
