import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Where a request came from, as the gateway saw it, and what it called itself. */
export type ClientFacts = { clientAddress?: string; userAgent?: string };
/** The same of a program whose login was approved in a browser elsewhere. */
export type DeviceFacts = ClientFacts & { approvedFrom?: ClientFacts };

/**
 * Reads the facts of an internal call. The user agent is what the client says: cut to 256 characters, without control
 * characters.
 */
export function readClientFacts({ headers }: IncomingMessage): ClientFacts {
  const address = headers['sallyport-client-address'];
  const userAgent = headers['user-agent']?.slice(0, 256).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?');
  return {
    ...(typeof address === 'string' && isIP(address) > 0 ? { clientAddress: address } : {}),
    ...(userAgent ? { userAgent } : {}),
  };
}
