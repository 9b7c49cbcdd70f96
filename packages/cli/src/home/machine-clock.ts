import { readFileSync } from 'node:fs';

/** A reading in whole seconds, and the clock it was taken from; readings of different clocks must not be compared. */
export type ClockReading = { clock: string; seconds: number };

/**
 * Reads the clock that the sh front compares with. A shell cannot ask the time without starting a program, but on Linux
 * it can read the seconds since boot from /proc, which also nobody can turn back; elsewhere it is the seconds since the
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
      /* no /proc here: the clock on the wall will do */
    }
  }
  return { clock: 'epoch', seconds: Math.floor(now() / 1000) };
}
