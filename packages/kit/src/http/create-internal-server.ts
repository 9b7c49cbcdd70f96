import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { LoadedConfig } from '../config/load-config.ts';
import { tlsOptions } from './tls-options.ts';

/**
 * Creates the internal server of a service, with TLS if `services.<name>.certFile` and `tlsKeyFile` are set. It does not
 * listen yet.
 */
export function createInternalServer(deps: {
  loaded: LoadedConfig;
  service: 'authenticate' | 'authorize' | 'audit';
  handler: RequestListener;
}): Server {
  const { certFile, tlsKeyFile } = deps.loaded.config.services[deps.service];
  // The groups of a caller travel in a header of up to 64 KiB, and the gateway accepts addresses of up to 64 KiB. What it
  // accepts must not be refused here.
  const maxHeaderSize = 256 * 1024;
  // Callers keep their connections. If this server closed idle ones first, it would sometimes break off a request.
  const options = { maxHeaderSize, keepAliveTimeout: 65_000, requestTimeout: 30_000, headersTimeout: 10_000 };
  if (certFile === undefined || tlsKeyFile === undefined) return createServer(options, deps.handler);
  const read = (file: string) => readFileSync(deps.loaded.resolvePath(file));
  return createHttpsServer(
    { ...options, handshakeTimeout: 10_000, ...tlsOptions(), cert: read(certFile), key: read(tlsKeyFile) },
    deps.handler,
  );
}
