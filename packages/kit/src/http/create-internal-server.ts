import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { defaultTlsProfile, type TlsProfile } from '@sallyport/contracts';
import type { LoadedConfig } from '../config/load-config.ts';

/** OpenSSL uses the standard names of TLS 1.3 suites, but has its own names for older ones (openssl-ciphers(1)). */
function openSslName(cipher: string): string {
  const older = /^TLS_(ECDHE)_(ECDSA|RSA)_WITH_(.+)$/.exec(cipher);
  if (!older) return cipher;
  const algorithm = older[3]!
    .replace(/^AES_(\d+)_GCM_/, 'AES$1-GCM-')
    .replace(/^CHACHA20_POLY1305_SHA256$/, 'CHACHA20-POLY1305');
  return `${older[1]!}-${older[2]!}-${algorithm}`;
}

/**
 * Returns Node's options for a TLS profile. Pass them with the certificate, at startup and at every renewal, because a new
 * certificate needs a new context.
 */
export function tlsOptions({ minVersion, ciphers, curves }: TlsProfile = defaultTlsProfile): {
  minVersion: TlsProfile['minVersion'];
  maxVersion: TlsProfile['minVersion'];
  ciphers: string;
  ecdhCurve: string;
} {
  const of13 = ciphers.filter((cipher) => !cipher.includes('_WITH_')).length;
  // Without explicit suites, OpenSSL would enable TLS 1.3 with its default ones.
  return {
    minVersion: of13 === ciphers.length ? 'TLSv1.3' : minVersion,
    maxVersion: of13 === 0 ? 'TLSv1.2' : 'TLSv1.3',
    ciphers: ciphers.map(openSslName).join(':'),
    ecdhCurve: curves.join(':'),
  };
}

/** A protocol to which connections can be upgraded (RFC 9110, 7.8). Requests for any other one are served without it. */
export type Upgrade = { protocol: string; accept(request: IncomingMessage, socket: Duplex, early: Buffer): void };

/**
 * Creates the internal server of a service, with TLS if `services.<name>.certFile` and `tlsKeyFile` are set. It does not
 * listen yet.
 */
export function createInternalServer(deps: {
  loaded: LoadedConfig;
  service: 'authenticate' | 'authorize' | 'audit';
  handler: RequestListener;
  upgrade?: Upgrade;
}): Server {
  const server = createPlainOrSecure(deps);
  if (deps.upgrade) server.on('upgrade', deps.upgrade.accept);
  return server;
}

function createPlainOrSecure(deps: Parameters<typeof createInternalServer>[0]): Server {
  const { certFile, tlsKeyFile } = deps.loaded.config.services[deps.service];
  // The groups of a caller travel in a header of up to 64 KiB, and the gateway accepts addresses of up to 64 KiB. What it
  // accepts must not be refused here.
  const maxHeaderSize = 256 * 1024;
  // Callers keep their connections. If this server closed idle ones first, it would sometimes break off a request.
  const options = {
    maxHeaderSize,
    keepAliveTimeout: 65_000,
    requestTimeout: 30_000,
    headersTimeout: 10_000,
    shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade === deps.upgrade?.protocol,
  };
  if (certFile === undefined || tlsKeyFile === undefined) return createServer(options, deps.handler);
  const read = (file: string) => readFileSync(deps.loaded.resolvePath(file));
  return createHttpsServer(
    { ...options, handshakeTimeout: 10_000, ...tlsOptions(), cert: read(certFile), key: read(tlsKeyFile) },
    deps.handler,
  );
}
