import type { ConfigFault } from '../../config/gateway-config.ts';

/**
 * Reports whether a fault of a configuration keeps its policies from being read: it is in an included file, or in the
 * names and patterns that refer to policies.
 */
export function isAboutPolicies(fault: ConfigFault): boolean {
  return (
    fault.file !== undefined ||
    /(?:^|\.)(?:policyFile|policies|namespaces|shadow|policy)(?:\.|$)/.test(fault.path) ||
    /^clusters(?:\.\d+(?:\.name)?)?$/.test(fault.path)
  );
}
