import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Logger } from '@sallyport/kit';
import type { ConnectorWay, Through, TokenSource } from '../connectors/connector-way.ts';

/** Everything needed to reach one cluster: its address, its CA, and the gateway's credential. Certificates are PEM. */
export type ClusterAccess = {
  server: string;
  ca: string | undefined;
  serverName: string | undefined;
  token: TokenSource;
  clientCert: string | undefined;
  clientKey: string | undefined;
  /** The way through its connector. Undefined if the gateway dials the cluster itself. */
  way?: ConnectorWay | undefined;
};

export type ClusterAccessDeps = {
  resolvePath: (file: string) => string;
  logger: Logger;
  now: () => number;
  through: Through;
};

const recheckMs = 5000;

/**
 * Creates the source of a token in a file that is renewed from outside, such as a projected ServiceAccount token. While
 * it is used, the file is read again in the background every 5 s at most. If that fails, the last good token stays.
 */
export function createFileTokenSource(deps: { file: string; logger: Logger; now: () => number }): TokenSource {
  let token = readFileSync(deps.file, 'utf8').trim();
  if (token === '') throw new Error(`${deps.file} is empty`);
  let readAt = deps.now();
  const refresh = async () => {
    readAt = deps.now();
    try {
      const text = (await readFile(deps.file, 'utf8')).trim();
      if (text !== '') token = text;
    } catch (error) {
      deps.logger.warn(
        { file: deps.file, code: (error as NodeJS.ErrnoException).code },
        'the token file cannot be read, so the last good token stays in use',
      );
    }
  };
  return {
    current() {
      if (deps.now() - readAt > recheckMs) void refresh();
      return token;
    },
    refresh,
  };
}

/** Creates the source of a token from the configuration. */
export function createFixedTokenSource(token: string | undefined): TokenSource {
  return { current: () => token, refresh: () => Promise.resolve() };
}
