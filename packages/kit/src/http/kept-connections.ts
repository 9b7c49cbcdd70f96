import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** The connections that clients keep to a server. */
export type KeptConnections = {
  /**
   * Asks every client to close its connection, with the next response that it gets there. Resolves when none is idle any
   * more, or after `ms`. Requests are answered all the time, also on new connections.
   */
  release(ms: number): Promise<void>;
};

const pollMs = 25;

/**
 * Follows the connections of a server that has its listeners already. A server that just closes idle connections
 * sometimes loses a request: the client may have sent it before it sees that the connection is closed.
 */
export function followConnections(server: Server): KeptConnections {
  const connections = new Map<Socket, Set<ServerResponse>>();
  let releasing = false;
  server.on(server instanceof HttpsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    connections.set(socket, new Set());
    socket.once('close', () => connections.delete(socket));
  });
  const began = ({ socket }: IncomingMessage, response: ServerResponse) => {
    const open = connections.get(socket);
    open?.add(response);
    response.once('close', () => open?.delete(response));
    if (releasing) response.shouldKeepAlive = false;
  };
  // A listener of these events changes what Node does by itself, so there is none where the server has none.
  const has = (event: string) => server.listenerCount(event) > 0;
  for (const event of ['request', 'checkContinue', 'checkExpectation'].filter(has))
    server.prependListener(event, began);
  for (const event of ['upgrade', 'connect'].filter(has))
    server.prependListener(event, ({ socket }: IncomingMessage) => connections.delete(socket));
  return {
    async release(ms) {
      releasing = true;
      for (const response of [...connections.values()].flatMap((open) => [...open]))
        if (!response.headersSent) response.shouldKeepAlive = false;
      const someIdle = () => connections.values().some((open) => open.size === 0);
      for (const until = performance.now() + ms; someIdle() && performance.now() < until;) await pause(pollMs);
    },
  };
}
