import { ProblemError } from '@sallyport/kit';
import type { LoginRequirements } from '../providers/common/provider-client.ts';

const maxAgeLimit = 31_536_000;
const maxClasses = 10;

/**
 * Reads how recently (`max_age`, in seconds) and how strongly (`acr_values`) the user must be authenticated (OpenID
 * Connect Core 3.1.2.1). Refuses (`bad-request`) ambiguous values.
 */
export function readLoginRequirements(query: URLSearchParams, begunAt: number): LoginRequirements {
  const [age, classes] = [query.get('max_age'), query.get('acr_values')];
  if (age !== null && (!/^\d{1,8}$/.test(age) || Number(age) > maxAgeLimit))
    throw new ProblemError('bad-request', `max_age must be a number of seconds, at most ${maxAgeLimit}.`);
  const acrValues = classes === null ? [] : classes.split(' ');
  if (acrValues.length > maxClasses || acrValues.some((name) => !/^[\x21-\x7e]{1,200}$/.test(name)))
    throw new ProblemError(
      'bad-request',
      `acr_values must be 1 to ${maxClasses} class names, separated by single spaces.`,
    );
  return { acrValues, begunAt, ...(age === null ? {} : { maxAge: Number(age) }) };
}
