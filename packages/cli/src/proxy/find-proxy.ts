import { findProxy as find, ProxyFault, type Proxy } from '@sallyport/kit/forward-proxy';
import { CliError } from '../terminal/cli-error.ts';

export type { Proxy };

/** Returns the error of a proxy as one of this program. */
export function asCliError(error: unknown): unknown {
  if (!(error instanceof ProxyFault)) return error;
  const { kind, message, hint } = error;
  return new CliError(kind === 'setting' ? 'usage' : 'unreachable', message, hint, { cause: error });
}

/** Finds the proxy for requests to an https origin. Throws a CliError for an address that is not valid. */
export function findProxy(origin: string, env: Record<string, string | undefined>): Proxy | undefined {
  try {
    return find(origin, env);
  } catch (error) {
    throw asCliError(error);
  }
}
