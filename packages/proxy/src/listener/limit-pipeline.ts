import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * How many requests may wait on one connection behind earlier ones. Hardly any client pipelines requests, and the response
 * of each one that waits is buffered here.
 */
const maxWaiting = 10;

export type PipelineLimit = {
  /** Adds a request that arrived before the previous one was answered. Reports whether it is one too many. */
  exceeded(socket: Duplex, response: ServerResponse): boolean;
  /** Closes a connection, and ends every request that waits on it. */
  end(socket: Duplex): void;
};

/** Creates the limit for all connections of a server. */
export function createPipelineLimit(): PipelineLimit {
  const waiting = new WeakMap<Duplex, Set<ServerResponse>>();
  return {
    exceeded(socket, response) {
      const queue = waiting.get(socket) ?? new Set();
      waiting.set(socket, queue);
      if (queue.size >= maxWaiting) return true;
      queue.add(response);
      response.once('close', () => queue.delete(response));
      return false;
    },
    end(socket) {
      socket.destroy();
      // Node closes the waiting responses only as long as it reads the connection itself, which an upgrade ends.
      for (const response of waiting.get(socket) ?? []) if (!response.socket) response.emit('close');
    },
  };
}
