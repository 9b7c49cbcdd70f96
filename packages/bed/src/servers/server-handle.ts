import type { ManagedProcess } from '../run/managed-process.ts';

/** A server of the bed. It may be stopped twice. */
export type ServerHandle = {
  readonly logFile: string;
  pid(): number | undefined;
  /** Stops the server temporarily: its port refuses connections. */
  pause(): Promise<void>;
  /** Starts it again on the same port with its data. */
  resume(): Promise<void>;
  restart(): Promise<void>;
  /** Suspends it with its connections open: it accepts connections and never answers. */
  freeze(): Promise<void>;
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
