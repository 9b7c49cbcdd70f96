import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** An unlocked keyring on a D-Bus of its own. */
type PrivateKeyring = { address: string; list(): string; close(): Promise<void> };

/** The programs of the keyring of Linux: the packages dbus, gnome-keyring and libsecret-tools. */
export const keyringPrograms = ['dbus-run-session', 'gnome-keyring-daemon', 'secret-tool'];

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
