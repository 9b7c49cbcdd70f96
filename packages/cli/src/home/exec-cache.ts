import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Credential } from './stored-credential.ts';

/** A time in whole seconds, and the clock that it comes from. Times of different clocks must not be compared. */
type ClockReading = { clock: string; seconds: number };

/**
 * Reads the clock that the sh front uses. A shell cannot get the time without starting a program. On Linux it can read
 * the seconds since boot from /proc, and nobody can set that clock back. Elsewhere the clock is the seconds since the
 * epoch.
 */
export function readMachineClock(now: () => number, platform: NodeJS.Platform): ClockReading {
  if (platform === 'linux') {
    try {
      const uptime = /^(\d{1,11})\.\d+ /.exec(readFileSync('/proc/uptime', 'latin1'))?.[1];
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
      if (uptime !== undefined && /^[0-9a-f-]{36}$/.test(boot))
        return { clock: `boot:${boot}`, seconds: Number(uptime) };
    } catch {
      /* without /proc, use the wall clock */
    }
  }
  return { clock: 'epoch', seconds: Math.floor(now() / 1000) };
}

// The format is a contract with bin/sallyport-exec-credential: six lines, each read by one `read -r` of a POSIX shell.
// The shell never parses JSON, and nothing in the file is ever run.
const magic = 'sallyport-exec-cache-1';
/** A credential that expires sooner than this is not served without asking the gateway. */
const leastLifeMs = 60_000;

/** Returns the ExecCredential for a Kubernetes client, on one line (client.authentication.k8s.io, KEP-541). */
export function execCredential(
  credential: Pick<Credential, 'token' | 'expiresAt'>,
  apiVersion = 'client.authentication.k8s.io/v1',
): string {
  const expirationTimestamp = new Date(credential.expiresAt).toISOString().replace(/\.\d{3}Z$/, 'Z');
  return JSON.stringify({
    kind: 'ExecCredential',
    apiVersion,
    status: { expirationTimestamp, token: credential.token },
  });
}

/**
 * Returns the lines for the sh front: the gateway, the clock, the end of validity, the maximum time between two uses,
 * and the ExecCredential.
 */
export function execCacheText(credential: Credential, origin: string, reading: ClockReading, nowMs: number): string {
  const until = reading.seconds + Math.max(0, Math.floor((credential.expiresAt - leastLifeMs - nowMs) / 1000));
  const halfIdle = Math.floor(credential.idleMs / 2000);
  return [magic, origin, reading.clock, until, halfIdle, execCredential(credential), ''].join('\n');
}

/** Reads a number as the sh front does: no sign, no leading zero, at most twelve digits. */
function readNumber(text: string | undefined): number {
  return text !== undefined && /^(?:0|[1-9]\d{0,11})$/.test(text) ? Number(text) : Number.NaN;
}

/**
 * Reports whether the cached credential may be served without asking the gateway. This is the check of the sh front,
 * for systems without sh and for addresses that the front does not read.
 */
export function mayServeFromCache(directory: string, origin: string, reading: ClockReading): boolean {
  try {
    const [first, gateway, clock, until, halfIdle] = readFileSync(path.join(directory, 'exec-cache'), 'utf8').split(
      '\n',
    );
    const last = readNumber(readFileSync(path.join(directory, 'last-served'), 'utf8').split('\n')[0]);
    // A comparison with NaN is false.
    return (
      first === magic &&
      gateway === origin &&
      clock === reading.clock &&
      reading.seconds < readNumber(until) &&
      last <= reading.seconds &&
      reading.seconds - last < readNumber(halfIdle)
    );
  } catch {
    return false;
  }
}

/** Records that the credential is served now. Ignores errors: a full disk must not keep kubectl from its credential. */
export function noteServed(directory: string, reading: ClockReading): void {
  try {
    writeFileSync(path.join(directory, 'last-served'), `${reading.seconds}\n`, { mode: 0o600 });
  } catch {
    /* the next call asks the gateway */
  }
}
