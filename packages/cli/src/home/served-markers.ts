import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ServerAddress } from '../gateway/gateway-address.ts';
import type { Environment } from '../environment/environment.ts';
import { processBirth } from './process-identity.ts';

// An empty file `<server>.<pid>.<birth>` says that this process was given the credential for this server. client-go
// asks again in the same process after a 401, and then the cached answer must not be repeated.
// bin/sallyport-exec-credential writes the same names.

const most = 512;
const dayMs = 86_400_000;

const serverPart = (server: ServerAddress) => server.cluster ?? `@${server.authority}`;

/** The markers of one gateway. */
export type ServedMarkers = {
  /** True if the process that started us was given this server's credential before. */
  wasServed(server: ServerAddress): boolean;
  /** Marks it as served now; false where that is not possible (a full disk), and then nothing may be served unasked. */
  mark(server: ServerAddress): boolean;
};

/** Opens the markers below a gateway's directory, for the process that started this one. */
export function openServedMarkers(gatewayDirectory: string, environment: Environment): ServedMarkers {
  const directory = path.join(gatewayDirectory, 'served');
  const birth = processBirth(environment.parentPid, environment.platform);
  const nameOf = (server: ServerAddress) =>
    path.join(
      directory,
      `${serverPart(server)}.${environment.parentPid}.${birth}`.replaceAll(
        environment.platform === 'win32' ? ':' : '\0',
        '+',
      ),
    );
  return {
    wasServed: (server) => birth === undefined || existsSync(nameOf(server)),
    mark(server) {
      if (birth === undefined) return false;
      try {
        mkdirSync(directory, { recursive: true, mode: 0o700 });
        closeSync(openSync(nameOf(server), 'a', 0o600));
        sweep(directory, environment);
        return true;
      } catch {
        return false;
      }
    },
  };
}

function sweep(directory: string, environment: Environment): void {
  const names = readdirSync(directory);
  if (names.length <= 64) return;
  const alive = names.filter((name) => {
    const keep =
      isOfLiveProcess(name, environment) &&
      environment.now() - statSync(path.join(directory, name)).mtimeMs < 7 * dayMs;
    if (!keep) rmSync(path.join(directory, name), { force: true });
    return keep;
  });
  if (alive.length > most) for (const name of alive) rmSync(path.join(directory, name), { force: true });
}

function isOfLiveProcess(name: string, environment: Environment): boolean {
  const [, pid, birth] = /\.(\d+)\.([^.]*)$/.exec(name) ?? [];
  return pid !== undefined && processBirth(Number(pid), environment.platform) === birth;
}
