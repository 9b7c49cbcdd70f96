import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

/** A peer that has not answered this many pings is given up when the next one is due. */
const unanswered = 2;

/**
 * Calls back when the other side of a connection is silent after two pings. Any byte counts as an answer, because one to
 * a ping may wait behind a lot of data. Counted, not timed: a process that was stopped does not take its own sleep for
 * the silence of others.
 */
export function giveUpSilent(
  { session, socket, pingMs }: { session: ClientHttp2Session; socket: Socket; pingMs: number },
  giveUp: () => void,
): void {
  let [seen, sent] = [0, 0];
  const timer = setInterval(() => {
    if (socket.bytesRead > seen) sent = 0;
    seen = socket.bytesRead;
    if (sent === unanswered) giveUp();
    if (session.destroyed) return;
    sent += 1;
    // After GOAWAY, Node.js no longer sends pings. The other side acknowledges settings as well (RFC 9113, 6.5.3).
    if (session.closed) session.settings({});
    else session.ping(() => {});
  }, pingMs).unref();
  session.once('close', () => clearInterval(timer));
}
