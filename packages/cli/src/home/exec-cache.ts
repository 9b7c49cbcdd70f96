import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Credential } from './credential.ts';
import type { ClockReading } from './machine-clock.ts';

// The form is a contract with bin/sallyport-exec-credential: six lines, each read by one `read -r` of a POSIX shell,
// so that a shell never parses JSON and nothing in the file is ever run.
const magic = 'sallyport-exec-cache-1';
/** A credential with less than this to live is not served without asking. */
const leastLifeMs = 60_000;

/** The answer to a Kubernetes client, in one line (client.authentication.k8s.io, KEP-541). */
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
 * The lines for the sh front: which gateway, which clock, until when, how long between two servings, and the answer.
 */
export function execCacheText(credential: Credential, origin: string, reading: ClockReading, nowMs: number): string {
  const until = reading.seconds + Math.max(0, Math.floor((credential.expiresAt - leastLifeMs - nowMs) / 1000));
  const halfIdle = Math.floor(credential.idleMs / 2000);
  return [magic, origin, reading.clock, until, halfIdle, execCredential(credential), ''].join('\n');
}

/** A number as the sh front takes it: no sign, no leading zero, at most twelve digits. */
function readNumber(text: string | undefined): number {
  return text !== undefined && /^(?:0|[1-9]\d{0,11})$/.test(text) ? Number(text) : Number.NaN;
}

/**
 * The same judgement that the sh front makes, for systems without sh and addresses that it does not read: may this be
 * served without asking the gateway?
 */
export function mayServeFromCache(directory: string, origin: string, reading: ClockReading): boolean {
  try {
    const [first, gateway, clock, until, halfIdle] = readFileSync(path.join(directory, 'exec-cache'), 'utf8').split(
      '\n',
    );
    const last = readNumber(readFileSync(path.join(directory, 'last-served'), 'utf8').split('\n')[0]);
    // A comparison with what is not a number is false.
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

/** Remembers that the credential is served now. A disk that is full must not keep kubectl from its credential. */
export function noteServed(directory: string, reading: ClockReading): void {
  try {
    writeFileSync(path.join(directory, 'last-served'), `${reading.seconds}\n`, { mode: 0o600 });
  } catch {
    /* the next one asks the gateway */
  }
}
