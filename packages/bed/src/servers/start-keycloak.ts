import { randomBytes } from 'node:crypto';
import { cpSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { keycloakArguments, keycloakDistribution } from '../components/keycloak.ts';
import { freePort } from '../run/free-port.ts';
import { ManagedProcess } from '../run/managed-process.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';
import { serverHandle, type ServerHandle } from './server-handle.ts';

/** Keycloak with only its administrator. Its data is in memory and lost in a `restart`. */
export type KeycloakServer = ServerHandle & { url: string; admin: { user: string; password: string } };

/** Starts Keycloak in production mode, over plain HTTP, on free loopback ports. `directory` is that of the component. */
export async function startKeycloak(options: { run: Run; java: string; directory: string }): Promise<KeycloakServer> {
  const home = componentDirectory(options.run, 'keycloak');
  const distribution = keycloakDistribution(options.directory);
  cpSync(path.join(distribution, 'conf'), path.join(home, 'conf'), { recursive: true });
  // It writes next to these files, so the cache stays unchanged.
  for (const name of ['lib', 'providers', 'themes']) symlinkSync(path.join(distribution, name), path.join(home, name));
  const [port, management] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const admin = { user: 'admin', password: randomBytes(12).toString('base64url') };
  const server = new ManagedProcess({
    run: options.run,
    name: 'keycloak',
    program: options.java,
    cwd: home,
    env: { KC_BOOTSTRAP_ADMIN_USERNAME: admin.user, KC_BOOTSTRAP_ADMIN_PASSWORD: admin.password },
    args: keycloakArguments(distribution, home, [
      'start',
      '--optimized',
      '--cache=local',
      '--http-enabled=true',
      '--http-host=127.0.0.1',
      `--http-port=${port}`,
      '--http-management-host=127.0.0.1',
      `--http-management-port=${management}`,
      `--hostname=${url}`,
      '--log-level=warn',
    ]),
    ready: async () => (await fetch(`http://127.0.0.1:${management}/health/ready`)).ok,
    readyTimeoutMs: 400_000,
  });
  await server.start();
  return { ...serverHandle(server), url, admin };
}
