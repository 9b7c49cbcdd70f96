import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { LoadedConfig } from '../config/load-config.ts';
import { tlsOptions } from './tls-options.ts';

/**
 * The internal listener of a service: TLS where `services.<name>.certFile` and `tlsKeyFile` are given. Does not listen
 * yet.
 */
export function createInternalServer(deps: {
  loaded: LoadedConfig;
  service: 'authenticate' | 'authorize' | 'audit';
  handler: RequestListener;
}): Server {
  const { certFile, tlsKeyFile } = deps.loaded.config.services[deps.service];
  // A caller has up to 64 KiB of groups, which travel in a header, and the gateway takes 64 KiB for an address: what it
  // lets in must not end here.
  const maxHeaderSize = 256 * 1024;
  // The callers keep their connections: a listener that gave up first would break a request off now and then.
  const options = { maxHeaderSize, keepAliveTimeout: 65_000, requestTimeout: 30_000, headersTimeout: 10_000 };
  if (certFile === undefined || tlsKeyFile === undefined) return createServer(options, deps.handler);
  const read = (file: string) => readFileSync(deps.loaded.resolvePath(file));
  return createHttpsServer({ ...options, ...tlsOptions(), cert: read(certFile), key: read(tlsKeyFile) }, deps.handler);
}
