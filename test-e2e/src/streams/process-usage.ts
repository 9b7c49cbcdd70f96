import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * The resources of a process: resident memory in MiB, open file descriptors, how many of them are sockets, and the CPU time
 * of all its threads.
 */
export type ProcessUsage = { rssMiB: number; descriptors: number; sockets: number; cpuSeconds: number };

/** How many ticks of `utime` and `stime` are a second. Linux has the same number everywhere. */
const ticksPerSecond = 100;

/** Reads the resources of a process from /proc (proc(5)). */
export function processUsage(pid: number): ProcessUsage {
  const links = readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${name}`)];
    } catch {
      return []; // closed after it was listed
    }
  });
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]!;
  const times = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
  return {
    cpuSeconds: (Number(times[11]) + Number(times[12])) / ticksPerSecond,
    rssMiB: Math.round(Number(rss) / 1024),
    descriptors: links.length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
  };
}
