import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Logger } from '@sallyport/kit';

/** A bearer token that may change under us. */
export type TokenSource = {
  /** The token now; undefined if the upstream takes none. */
  current(): string | undefined;
  /** The upstream refused it: read again at once. */
  refresh(): Promise<void>;
};

const recheckMs = 5000;

/**
 * A token kept in a file that somebody else renews (a projected ServiceAccount token): re-read in the background at
 * most every 5 s of use, trimmed. A file that cannot be read leaves the last good token.
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
        'the token file cannot be read; the last good token stays in use',
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

/** A token that stands in the configuration. */
export function createFixedTokenSource(token: string | undefined): TokenSource {
  return { current: () => token, refresh: () => Promise.resolve() };
}
