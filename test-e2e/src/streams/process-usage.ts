import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What a process holds: resident memory in MiB, open file descriptors, and how many of those are sockets. */
export type ProcessUsage = { rssMiB: number; descriptors: number; sockets: number };

/** Reads from /proc what a process holds (proc(5)). */
export function processUsage(pid: number): ProcessUsage {
  const links = readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${name}`)];
    } catch {
      return []; // closed since it was listed
    }
  });
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]!;
  return {
    rssMiB: Math.round(Number(rss) / 1024),
    descriptors: links.length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
  };
}
