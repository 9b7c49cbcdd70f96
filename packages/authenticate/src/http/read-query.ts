import type { IncomingMessage } from 'node:http';
import { ProblemError } from '@sallyport/kit';

const maxLength = 8192;

/** The query of a request. A parameter that stands there twice is refused: of two readers each might take another. */
export function readQuery({ url = '' }: IncomingMessage): URLSearchParams {
  if (url.length > maxLength)
    throw new ProblemError('bad-request', `The address is longer than ${maxLength} characters.`);
  const at = url.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  if (new Set(query.keys()).size !== query.size)
    throw new ProblemError('bad-request', 'A parameter stands more than once in the address.');
  return query;
}
