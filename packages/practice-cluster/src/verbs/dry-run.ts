import { badRequest } from '../api-error.ts';
import { parameter } from '../call.ts';
import type { Call } from '../call.ts';

/** True for `dryRun=All`; any other value is refused. */
export function readDryRun(call: Pick<Call, 'target'>): boolean {
  const value = parameter(call, 'dryRun');
  if (value !== '' && value !== 'All')
    throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(value)}: supported values: "All"`);
  return value === 'All';
}
