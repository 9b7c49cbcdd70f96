import { readFileSync } from 'node:fs';

/** A time in whole seconds, and the clock that it comes from. Times of different clocks must not be compared. */
export type ClockReading = { clock: string; seconds: number };

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
