import { connect as netConnect, type Socket } from 'node:net';
import { connect as tlsConnect, createSecureContext, type SecureContext } from 'node:tls';
import type { ClusterAccess } from './cluster-access.ts';

type Address = Pick<ClusterAccess, 'server' | 'ca' | 'serverName' | 'clientCert' | 'clientKey'>;

// SNI contains names only (RFC 6066, 3). For an address the certificate is checked against the address itself.
const serverNameOf = ({ serverName }: Address, hostname: string) =>
  serverName ?? (/^[\d.]+$|:/.test(hostname) ? undefined : hostname);

/** Returns an address, and what connects to it. All connections share one TLS context. */
export function createConnect(address: Address): { url: URL; secure: boolean; connect(extra?: object): Socket } {
  const url = new URL(address.server);
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  const port = Number(url.port) || (secure ? 443 : 80);
  const secureContext: SecureContext | undefined = secure
    ? createSecureContext({ ca: address.ca, cert: address.clientCert, key: address.clientKey })
    : undefined;
  const tls = secure ? { secureContext, servername: serverNameOf(address, hostname), ALPNProtocols: ['http/1.1'] } : {};
  const keepAlive = { keepAlive: true, keepAliveInitialDelay: 30_000, noDelay: true };
  const connect = (extra = {}) =>
    secure
      ? tlsConnect({ host: hostname, port, ...keepAlive, ...tls, ...extra })
      : netConnect({ host: hostname, port, ...keepAlive, ...extra });
  return { url, secure, connect };
}
