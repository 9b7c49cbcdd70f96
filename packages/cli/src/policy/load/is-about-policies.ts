import type { ConfigFault } from '../../config/gateway-config.ts';

/**
 * Of the faults of a configuration those that keep its policies from being read: included files, and the names and
 * patterns that lead to policies.
 */
export function isAboutPolicies(fault: ConfigFault): boolean {
  return (
    fault.file !== undefined ||
    /(?:^|\.)(?:policyFile|policies|namespaces|shadow|policy)(?:\.|$)/.test(fault.path) ||
    /^clusters(?:\.\d+(?:\.name)?)?$/.test(fault.path)
  );
}
