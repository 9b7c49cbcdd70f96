import type { Http1Connection } from './http1-connection.ts';

/** Keeps idle connections for the next request. The one used last is taken first, so that surplus ones expire. */
type IdleConnections = {
  put(connection: Http1Connection): void;
  take(): Http1Connection | undefined;
  drop(connection: Http1Connection): void;
  /** Keeps no connection from now on. */
  close(): void;
};

const sweepMs = 1000;

/**
 * Creates a pool that keeps a connection for `idleMs`, or for a second less than the server announced, so that a request
 * does not meet a connection that is closing.
 */
export function createIdleConnections(idleMs: number): IdleConnections {
  const idle: Http1Connection[] = [];
  let closed = false;
  const sweep = setInterval(() => {
    const now = performance.now();
    while (idle.length > 0 && idle[0]!.idleUntil <= now) idle.shift()!.destroy();
  }, sweepMs);
  sweep.unref();
  return {
    put(connection) {
      const keepMs = connection.idleSeconds === undefined ? idleMs : (connection.idleSeconds - 1) * 1000;
      if (closed || keepMs <= 0) return connection.destroy();
      connection.idleUntil = performance.now() + Math.min(keepMs, idleMs);
      idle.push(connection);
    },
    take() {
      const now = performance.now();
      for (;;) {
        const connection = idle.pop();
        if (!connection || connection.idleUntil > now) return connection;
        connection.destroy();
      }
    },
    drop(connection) {
      const at = idle.lastIndexOf(connection);
      if (at >= 0) idle.splice(at, 1);
    },
    close() {
      closed = true;
      clearInterval(sweep);
    },
  };
}
