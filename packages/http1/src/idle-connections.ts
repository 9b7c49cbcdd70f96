import type { Http1Connection } from './http1-connection.ts';

/**
 * Connections that wait for the next request; the one used last is taken first, so that those too many grow old and go.
 */
export type IdleConnections = {
  put(connection: Http1Connection): void;
  take(): Http1Connection | undefined;
  drop(connection: Http1Connection): void;
  /** From now on nothing is kept. */
  close(): void;
};

const sweepMs = 1000;

/**
 * Keeps a connection for `idleMs`, or for a second less than the other side says, so that a request does not meet its
 * end on the way.
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
      const said = connection.idleSeconds === undefined ? idleMs : (connection.idleSeconds - 1) * 1000;
      if (closed || said <= 0) return connection.destroy();
      connection.idleUntil = performance.now() + Math.min(said, idleMs);
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
