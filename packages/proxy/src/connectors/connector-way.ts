import type { Duplex } from 'node:stream';
import type { Target } from '@sallyport/carrier';

/** A bearer token that may change at any time. */
export type TokenSource = {
  /** Returns the current token. Undefined if the upstream needs none. Throws the problem if a connector has not sent it. */
  current(): string | undefined;
  /** Reads it again at once, because the upstream refused it. */
  refresh(): Promise<void>;
};

/** The way to one cluster or application through its connector. */
export type ConnectorWay = {
  /**
   * Makes sure that a dial can begin, and that the token is there if one is needed. Rejects with the problem otherwise.
   * Returns nothing if no wait is needed.
   */
  ready(): Promise<void> | undefined;
  /** Opens a stream of bytes to an address. It is destroyed with the error if that fails. */
  dial(target: Target): Duplex;
  /** The token that the connector sends for the server. Undefined if it is not asked for one. */
  token: TokenSource | undefined;
};

/** Returns the way through a connector, with the token for `tokenFor` if that is given. */
export type Through = (connector: string, tokenFor?: Target) => ConnectorWay;

/** Returns where a URL leads. */
export function targetOf({ hostname, port, protocol }: URL): Target {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}
