import type * as GatewayConfig from '../../config/gateway-config.ts';

/** What reads and judges policies; loaded when a command needs it, and handed on from there. */
export type PolicyTools = typeof GatewayConfig;

/** Loads it. */
export function loadPolicyTools(): Promise<PolicyTools> {
  return import('../../config/gateway-config.ts');
}
