import type { Exchange } from '../exchange/exchange.ts';
import type { PresentedToken } from './create-workload-sessions.ts';

/** Takes the token of a workload out of the exchange, so that it is held no longer than it is needed. */
export function takePresented(exchange: Exchange): PresentedToken | undefined {
  const { workloadToken: token, tokenHash: hash, clientAddress, request } = exchange;
  exchange.workloadToken = undefined;
  return token === undefined || hash === undefined ? undefined : { token, hash, clientAddress, request };
}
