import type { Http1Connection } from './http1-connection.ts';

const sweepMs = 1000;

/**
 * Creates a pool that keeps a connection for `idleMs`, or for a second less than the server announced, so that a request
 * does not meet a connection that is closing.
 */
export function createIdleConnections(idleMs: number) {
  const idle: Http1Connection[] = [];
  let closed = false;
  const sweep = setInterval(() => {
    const now = performance.now();
    while (idle.length > 0 && idle[0]!.idleUntil <= now) idle.shift()!.destroy();
  }, sweepMs);
  sweep.unref();
  return {
    put(connection: Http1Connection): void {
      const keepMs = connection.idleSeconds === undefined ? idleMs : (connection.idleSeconds - 1) * 1000;
      if (closed || keepMs <= 0) return connection.destroy();
      connection.idleUntil = performance.now() + Math.min(keepMs, idleMs);
      idle.push(connection);
    },
    take(): Http1Connection | undefined {
      const now = performance.now();
      for (;;) {
        const connection = idle.pop();
        if (!connection || connection.idleUntil > now) return connection;
        connection.destroy();
      }
    },
    drop(connection: Http1Connection): void {
      const at = idle.lastIndexOf(connection);
      if (at >= 0) idle.splice(at, 1);
    },
    /** Keeps no connection from now on. */
    close(): void {
      closed = true;
      clearInterval(sweep);
    },
  };
}
