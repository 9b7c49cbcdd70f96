import type { Check, CheckAnswer } from '@sallyport/contracts';
import type { CheckClient } from './check-client.ts';

/**
 * Returns the check of a path with escaped slashes as an application reads it that decodes them. Undefined if the path
 * has none, so that there is only one reading of it.
 */
export function otherReading(check: Check): Check | undefined {
  if (check.target.kind !== 'route') return undefined;
  const path = check.request.path.replaceAll(/%2f/gi, '/');
  return path === check.request.path ? undefined : { ...check, request: { ...check.request, path } };
}

/**
 * Asks authorize about every reading of a request: one, or two if the path has escaped slashes. All of them must be
 * allowed. Rejects if one of them cannot be answered.
 */
export function checkReadings(client: CheckClient, check: Check): Promise<CheckAnswer[]> {
  const other = otherReading(check);
  return Promise.all([check, ...(other ? [other] : [])].map((one) => client.check(one)));
}
