import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
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
 * sometimes loses a request: the client may have sent it before it sees that the connection is closed. What serves
 * HTTP/2 is told by the event `release` of the server. It can say so to its clients at once.
 */
export function followConnections(server: Server): KeptConnections {
  /** The open responses of each connection: hardly ever more than one. Not a set, for the reason that a roster is none. */
  const connections = new Map<Socket, ServerResponse[]>();
  let releasing = false;
  server.on(server instanceof HttpsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    if ((socket as TLSSocket).alpnProtocol === 'h2') return;
    connections.set(socket, []);
    socket.once('close', () => connections.delete(socket));
  });
  const began = ({ socket }: IncomingMessage, response: ServerResponse) => {
    const open = connections.get(socket);
    open?.push(response);
    response.once('close', () => open?.splice(open.indexOf(response), 1));
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
      server.emit('release');
      for (const response of [...connections.values()].flat())
        if (!response.headersSent) response.shouldKeepAlive = false;
      const someIdle = () => [...connections.values()].some((open) => open.length === 0);
      for (const until = performance.now() + ms; someIdle() && performance.now() < until;) await pause(pollMs);
    },
  };
}
