import { ResponseTooLargeError } from './bound-fetch.ts';

type Chain = { name?: unknown; code?: unknown; cause?: unknown };

/** Returns an error and everything that caused it. */
function chainOf(error: unknown): Chain[] {
  const chain: Chain[] = [];
  for (let one = error; typeof one === 'object' && one !== null && chain.length < 5; one = (one as Chain).cause)
    chain.push(one as Chain);
  return chain;
}

/** Says why a server could not be reached, by codes alone: the texts of errors contain addresses and passwords. */
export function describeFetchFailure(error: unknown, timeoutMs: number): string {
  const chain = chainOf(error);
  if (error instanceof ResponseTooLargeError) return error.message;
  if (chain.some(({ name }) => name === 'TimeoutError')) return `it did not answer within ${timeoutMs / 1000} s`;
  const code = chain
    .map((one) => one.code)
    .find((one) => typeof one === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(one));
  return `it cannot be reached (${typeof code === 'string' ? code : 'no reason given'})`;
}
