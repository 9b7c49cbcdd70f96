import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe } from '@jest/globals';

/** An unlocked keyring on a D-Bus of its own. */
type PrivateKeyring = { address: string; list(): string; close(): Promise<void> };

const programs = ['dbus-run-session', 'gnome-keyring-daemon', 'secret-tool'];
const missing = programs.filter(
  (program) => !(process.env.PATH ?? '').split(':').some((directory) => existsSync(path.join(directory, program))),
);

/**
 * Registers tests that need the keyring of Linux. If the machine does not have its programs, they are skipped, and the
 * run reports it. With CI=true they fail instead.
 */
export function describeWithKeyring(title: string, tests: () => void): void {
  if (missing.length === 0) return describe(title, tests);
  const why = `there is no ${missing.join(', ')} (apt-get install dbus gnome-keyring libsecret-tools)`;
  if (process.env.CI === 'true') throw new Error(`"${title}" cannot be tested: ${why}`);
  process.stderr.write(`skipped: ${title}: ${why}\n`);
  const file = process.env.SALLYPORT_SKIPS;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ what: title, why })}\n`);
  describe.skip(title, tests);
}

/** Starts gnome-keyring with its files in a temporary directory. */
export async function startPrivateKeyring(): Promise<PrivateKeyring> {
  const home = mkdtempSync(path.join(tmpdir(), 'sallyport-keyring-'));
  const runtime = path.join(home, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const script =
    'printf x | gnome-keyring-daemon --unlock --components=secrets >&2; echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat';
  const session = spawn('dbus-run-session', ['--', 'sh', '-c', script], {
    env: { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: runtime, XDG_DATA_HOME: home },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const [line] = (await once(session.stdout.setEncoding('utf8'), 'data')) as [string];
  const env = { ...process.env, DBUS_SESSION_BUS_ADDRESS: line.trim() };
  return {
    address: line.trim(),
    /** Returns what the keyring has of this program, secrets included. */
    list() {
      try {
        const args = ['search', '--all', 'service', 'sallyport'];
        return execFileSync('secret-tool', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      } catch {
        return '';
      }
    },
    async close() {
      session.stdin.end();
      await once(session, 'close');
      rmSync(home, { recursive: true, force: true });
    },
  };
}
