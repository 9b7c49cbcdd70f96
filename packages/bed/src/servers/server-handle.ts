import type { ManagedProcess } from '../run/managed-process.ts';

/** What every server of the bed can be asked to do. Stopping twice is fine. */
export type ServerHandle = {
  readonly logFile: string;
  pid(): number | undefined;
  /** Takes the server away: its port refuses connections. */
  pause(): Promise<void>;
  /** Brings it back on the same port with the data it had. */
  resume(): Promise<void>;
  restart(): Promise<void>;
  /** Halts it with its connections open: it accepts and never answers. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
};

export function serverHandle(server: ManagedProcess): ServerHandle {
  return {
    logFile: server.logFile,
    pid: () => server.pid,
    pause: () => server.stop(),
    resume: () => server.start(),
    restart: () => server.restart(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    stop: () => server.stop(),
  };
}
