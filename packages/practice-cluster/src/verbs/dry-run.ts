import { badRequest } from '../http/api-error.ts';
import { parameter } from '../http/call.ts';
import type { Call } from '../http/call.ts';

/** Reports whether the request has `dryRun=All`. Refuses any other value. */
export function readDryRun(call: Pick<Call, 'target'>): boolean {
  const value = parameter(call, 'dryRun');
  if (value !== '' && value !== 'All')
    throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(value)}: supported values: "All"`);
  return value === 'All';
}
