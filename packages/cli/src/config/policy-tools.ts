import type * as GatewayConfig from './gateway-config.ts';

/** The functions that read and evaluate policies. A command loads them when it needs them, and passes them on. */
export type PolicyTools = typeof GatewayConfig;

/** Loads the policy tools. */
export function loadPolicyTools(): Promise<PolicyTools> {
  return import('./gateway-config.ts');
}
