import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

/** How often to look, in milliseconds. */
const checkMs = 5000;

/** What Node.js keeps behind a socket. Its public `remoteAddress` is asked for once only. */
type WithHandle = { _handle?: { getpeername(out: object): number } | null };

/**
 * Destroys the session of a client whose connection no longer exists. If the client resets it at the moment of a write,
 * the write fails at once. Over TLS, Node.js then neither reports the failure nor reads on (nodejs/node#50884), so nothing
 * would ever close the session. The kernel knows: a connection that was reset has no peer. One whose client is suspended
 * still has its peer, and keeps its streams.
 */
export function endIfLost(session: ServerHttp2Session, socket: Socket): void {
  const timer = setInterval(() => {
    const handle = (socket as unknown as WithHandle)._handle;
    if (handle && handle.getpeername({}) !== 0) socket.destroy();
  }, checkMs).unref();
  session.once('close', () => clearInterval(timer));
}
