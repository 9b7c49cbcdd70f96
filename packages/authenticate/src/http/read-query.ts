import type { IncomingMessage } from 'node:http';
import { ProblemError } from '@sallyport/kit';

const maxLength = 8192;

/** Returns the query of a request. Refuses repeated parameters, because two readers could each pick a different one. */
export function readQuery({ url = '' }: IncomingMessage): URLSearchParams {
  if (url.length > maxLength) throw new ProblemError('bad-request', `The URL is longer than ${maxLength} characters.`);
  const at = url.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  if (new Set(query.keys()).size !== query.size)
    throw new ProblemError('bad-request', 'A query parameter appears more than once.');
  return query;
}
