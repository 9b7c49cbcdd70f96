import { closeSync, existsSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { dayMs } from '@sallyport/contracts/text';
import type { ServerAddress } from '../input/gateway-address.ts';
import type { Environment } from '../environment/environment.ts';
import { makeDirectory } from '../files/write-file.ts';
import { processBirth } from './process-identity.ts';

// An empty file `<server>.<pid>.<birth>` records that this process got the credential for this server. client-go asks
// again in the same process after a 401. The cached credential must not be served then.
// bin/sallyport-exec-credential writes the same names.

const maxMarkers = 512;

const serverPart = (server: ServerAddress) => server.cluster ?? `@${server.authority}`;

/** Opens the markers in the directory of one gateway, for the process that started this one. */
export function openServedMarkers(gatewayDirectory: string, environment: Environment) {
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
    /** Reports whether the process that started this one already got the credential for this server. */
    wasServed: (server: ServerAddress): boolean => birth === undefined || existsSync(nameOf(server)),
    /**
     * Records that it gets the credential now. Returns false if that is impossible (a full disk). Then nothing may be
     * served without asking the gateway.
     */
    mark(server: ServerAddress): boolean {
      if (birth === undefined) return false;
      try {
        makeDirectory(directory);
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
  if (alive.length > maxMarkers) for (const name of alive) rmSync(path.join(directory, name), { force: true });
}

function isOfLiveProcess(name: string, environment: Environment): boolean {
  const [, pid, birth] = /\.(\d+)\.([^.]*)$/.exec(name) ?? [];
  return pid !== undefined && processBirth(Number(pid), environment.platform) === birth;
}
