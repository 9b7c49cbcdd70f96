import { ProblemError } from '@sallyport/kit';
import type { Exchange } from '../exchange/exchange.ts';
import type { ReadHeaders } from '../headers/read-headers.ts';

const bad = (detail: string) => new ProblemError('bad-request', detail);

/** The methods of each protocol that a connection can be upgraded to. */
const methodsOf = { websocket: ['GET'], 'spdy/3.1': ['GET', 'POST'] } as const;
type UpgradeProtocol = keyof typeof methodsOf;
const names: Record<UpgradeProtocol, string> = { websocket: 'websocket', 'spdy/3.1': 'SPDY/3.1' };

/**
 * Refuses an upgrade with a body or with bytes after its head. Node hands over pipelined requests as `head`, and they
 * would go upstream unauthorized.
 */
export function refuseBadUpgrade(
  exchange: Pick<Exchange, 'upgrade' | 'request'>,
  headers: ReadHeaders,
  protocols: readonly UpgradeProtocol[],
): void {
  if (!exchange.upgrade) {
    if (headers.upgrade !== undefined || headers.connection?.includes('upgrade'))
      throw bad('The request asks for an upgrade in a form that the gateway does not understand.');
    return;
  }
  const protocol = protocols.find((one) => one === headers.upgrade);
  if (protocol === undefined)
    throw bad(`The gateway supports upgrades to ${protocols.map((one) => names[one]).join(' and ')} only.`);
  if (exchange.upgrade.head.length > 0) throw bad('Bytes follow the head of an upgrade request.');
  if (headers.chunked || (headers.contentLength ?? 0) > 0) throw bad('An upgrade request must not have a body.');
  if (!methodsOf[protocol].some((method) => method === exchange.request.method))
    throw bad('This upgrade does not support the method.');
}
