import process from 'node:process';
import type { ListenAddress } from '@sallyport/contracts';

/** A server that cannot listen. The message says which address, which setting, and what to do. */
export class ListenFailure extends Error {
  override readonly name = 'ListenFailure';
}

const shown = ({ host, port }: ListenAddress) => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Returns the command that shows which program listens on a port. */
function whoHas(port: number, platform: NodeJS.Platform): string {
  if (platform === 'win32') return `netstat -ano | findstr :${port}`;
  return platform === 'linux' ? `ss -ltnp 'sport = :${port}'` : `lsof -nP -iTCP:${port} -sTCP:LISTEN`;
}

/**
 * Describes why a server cannot listen. `setting` is what the operator changes: a key of the configuration or an
 * option.
 */
export function listenFailure(
  error: unknown,
  address: ListenAddress,
  setting: string,
  platform: NodeJS.Platform = process.platform,
): ListenFailure {
  const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
  const cannot = `cannot listen on ${shown(address)} (${setting})`;
  const why: Record<string, string> = {
    EADDRINUSE: `the port is in use. To find the program that has it, run: ${whoHas(address.port, platform)}. Stop that program, or choose another port with ${setting}.`,
    EADDRNOTAVAIL: `this machine has no such address. Choose one that it has with ${setting}, or 0.0.0.0 for all.`,
    EACCES: `this user may not use the port. Choose one above 1023 with ${setting}.`,
    ENOTFOUND: `the host name is unknown. Write an IP address in ${setting}.`,
  };
  return new ListenFailure(`${cannot}: ${why[code] ?? `${code}.`}`, { cause: error });
}
