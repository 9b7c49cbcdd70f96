import { ProblemError } from '@sallyport/kit';
import type { Exchange } from '../exchange/exchange.ts';

/**
 * Returns the problem of a cluster or an application that gives no response. The text of the cause is not part of it: it
 * may name addresses and certificates, which are for the operator and appear in the log.
 */
export function upstreamUnreachable({ route }: Pick<Exchange, 'route'>, cause?: unknown): ProblemError {
  const what = route ? 'application' : 'cluster';
  return new ProblemError(
    'upstream-unreachable',
    `The gateway cannot reach the ${what}, or the ${what} closed the connection before it responded.`,
    { cause },
  );
}
