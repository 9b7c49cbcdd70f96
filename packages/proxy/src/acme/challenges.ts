import { createServer } from 'node:http';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { ListenAddress } from '@sallyport/contracts';
import { listenHttp } from '@sallyport/kit';
import type { PresentChallenge } from './request-certificate.ts';
import { createChallengeCertificate } from './x509.ts';

/** The challenges that are pending now, and answered. */
export type Challenges = {
  present: PresentChallenge;
  /** Returns the certificate that answers the challenge tls-alpn-01 of a host, while one is pending. */
  contextOf(host: string): SecureContext | undefined;
  close(): Promise<void>;
};

/** Creates the answers to tls-alpn-01 (RFC 8737), which the gateway's own listener gives. */
export function createTlsChallenges(now: () => number): Challenges {
  const pending = new Map<string, SecureContext>();
  return {
    present({ host, keyAuthorization }) {
      pending.set(host, createSecureContext(createChallengeCertificate({ host, keyAuthorization }, now())));
      return () => pending.delete(host);
    },
    contextOf: (host) => pending.get(host),
    close: async () => {},
  };
}

const path = '/.well-known/acme-challenge/';
/** No ACME server needs more connections at a time, and nothing else is answered here. */
const maxConnections = 100;

/** Listens for http-01 (RFC 8555, 8.3). Everything but a pending challenge is answered with 404. */
export async function listenForHttpChallenges(address: ListenAddress, setting: string): Promise<Challenges> {
  const pending = new Map<string, string>();
  const limits = { maxHeaderSize: 8192, headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 1000 };
  const server = createServer(limits, ({ method, url = '' }, response) => {
    const answer = url.startsWith(path) ? pending.get(url.slice(path.length)) : undefined;
    const isRead = method === 'GET' || method === 'HEAD';
    response.shouldKeepAlive = false;
    response.setHeader('content-type', answer === undefined ? 'text/plain' : 'application/octet-stream');
    response.setHeader('x-content-type-options', 'nosniff');
    if (answer !== undefined && isRead) response.end(answer);
    else response.writeHead(404).end('not found\n');
  });
  server.maxConnections = maxConnections;
  const listening = await listenHttp(server, address, setting);
  return {
    present({ token, keyAuthorization }) {
      pending.set(token, keyAuthorization);
      return () => pending.delete(token);
    },
    contextOf: () => undefined,
    close: () => listening.close(0),
  };
}
