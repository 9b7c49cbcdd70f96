import type { Exchange } from './exchange.ts';

/** Reports whether a request to a web application may change something. A WebSocket can carry anything. */
export function isWebWrite({ request, upgrade }: Pick<Exchange, 'request' | 'upgrade'>): boolean {
  const { method } = request;
  return upgrade !== undefined || (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS');
}
