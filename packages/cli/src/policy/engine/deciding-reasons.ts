import type { PolicyResult } from '../../config/gateway-config.ts';

/**
 * Of the two lists of reasons that the engine gives, the one that decided; what a gateway records with its decision.
 */
export function decidingReasons({
  effect,
  allow,
  deny,
}: Pick<PolicyResult, 'effect' | 'allow' | 'deny'>): readonly string[] {
  if (effect === 'allow') return allow.reasons;
  if (effect === 'authenticate') return allow.reasons.includes('user-unauthenticated') ? allow.reasons : deny.reasons;
  return deny.value || allow.value ? deny.reasons : allow.reasons;
}
