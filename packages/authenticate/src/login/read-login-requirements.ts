import { ProblemError } from '@sallyport/kit';
import type { LoginDemands } from '../providers/common/provider-client.ts';

const longestAge = 31_536_000;
const mostClasses = 10;

/**
 * How recently (`max_age`, in seconds) and how strongly (`acr_values`) the person is to be authenticated, in the words
 * of OpenID Connect Core 3.1.2.1. Refuses (`bad-request`) what could be understood in two ways.
 */
export function readLoginDemands(query: URLSearchParams, begunAt: number): LoginDemands {
  const [age, classes] = [query.get('max_age'), query.get('acr_values')];
  if (age !== null && (!/^\d{1,8}$/.test(age) || Number(age) > longestAge))
    throw new ProblemError('bad-request', `max_age must be a number of seconds, at most ${longestAge}.`);
  const acrValues = classes === null ? [] : classes.split(' ');
  if (acrValues.length > mostClasses || acrValues.some((name) => !/^[\x21-\x7e]{1,200}$/.test(name)))
    throw new ProblemError(
      'bad-request',
      `acr_values must be 1 to ${mostClasses} names of classes, with one blank between them.`,
    );
  return { acrValues, begunAt, ...(age === null ? {} : { maxAge: Number(age) }) };
}
