import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../run/command.ts';
import { freePort } from '../run/free-port.ts';
import { ManagedProcess } from '../run/managed-process.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';
import { serverHandle, type ServerHandle } from './server-handle.ts';

/**
 * Canaille, an identity provider in Python, without accounts. `command` runs its management command (`create user ...`)
 * and returns the output.
 */
export type CanailleServer = ServerHandle & { url: string; command(args: readonly string[]): Promise<string> };

const program = ['-c', 'from canaille.commands import cli; cli()'];

/** Starts Canaille with SQLite, over plain HTTP, on a free loopback port. `python` is the path of the component. */
export async function startCanaille(options: { run: Run; python: string }): Promise<CanailleServer> {
  const directory = componentDirectory(options.run, 'canaille');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = path.join(directory, 'config.toml');
  writeFileSync(config, canailleConfig({ port, database: path.join(directory, 'canaille.sqlite') }), { mode: 0o600 });
  const env = { CANAILLE_CONFIG: config, HOME: directory };
  const command: CanailleServer['command'] = (args) =>
    runCommand(options.python, [...program, ...args], { cwd: directory, env });
  await command(['install']);
  const server = new ManagedProcess({
    run: options.run,
    name: 'canaille',
    program: options.python,
    cwd: directory,
    env,
    args: [...program, 'run', '--bind', `127.0.0.1:${port}`],
    ready: async () => (await fetch(`${url}/.well-known/openid-configuration`)).ok,
    readyTimeoutMs: 180_000,
  });
  await server.start();
  return { ...serverHandle(server), url, command };
}

export function canailleConfig({ port, database }: { port: number; database: string }): string {
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  const jwk = Object.entries({ ...key, kid: 'bed', alg: 'RS256', use: 'sig' })
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    .join(', ');
  return `SECRET_KEY = "${randomBytes(24).toString('base64url')}"
SERVER_NAME = "127.0.0.1:${port}"
PREFERRED_URL_SCHEME = "http"
[CANAILLE]
DATABASE = "sql"
ENABLE_REGISTRATION = false
[CANAILLE.ACL.DEFAULT]
PERMISSIONS = ["edit_self", "use_oidc"]
[CANAILLE_SQL]
DATABASE_URI = "sqlite:///${database}"
[CANAILLE_OIDC]
ACTIVE_JWKS = [ {${jwk}} ]
`;
}
