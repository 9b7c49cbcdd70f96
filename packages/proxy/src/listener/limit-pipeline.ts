import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * How many requests may wait on one connection for those before them to be answered. Hardly a client sends them so;
 * each that waits has its answer kept here.
 */
const mostWaiting = 10;

export type PipelineLimit = {
  /** Notes a request that came before the one before it was answered; returns whether it is one too many. */
  exceeded(socket: Duplex, response: ServerResponse): boolean;
  /** Ends a connection with all that waits on it. */
  end(socket: Duplex): void;
};

/** Creates a limit for all connections of a server. */
export function createPipelineLimit(): PipelineLimit {
  const waiting = new WeakMap<Duplex, Set<ServerResponse>>();
  return {
    exceeded(socket, response) {
      const queue = waiting.get(socket) ?? new Set();
      waiting.set(socket, queue);
      if (queue.size >= mostWaiting) return true;
      queue.add(response);
      response.once('close', () => queue.delete(response));
      return false;
    },
    end(socket) {
      socket.destroy();
      // Node tells those whose turn has not come of the end only as long as it reads the connection itself, which an
      // upgrade ends.
      for (const response of waiting.get(socket) ?? []) if (!response.socket) response.emit('close');
    },
  };
}
