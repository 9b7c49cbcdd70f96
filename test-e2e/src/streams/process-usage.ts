import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The resources of a process: resident memory in MiB, open file descriptors, and how many of them are sockets. */
export type ProcessUsage = { rssMiB: number; descriptors: number; sockets: number };

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
  return {
    rssMiB: Math.round(Number(rss) / 1024),
    descriptors: links.length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
  };
}
