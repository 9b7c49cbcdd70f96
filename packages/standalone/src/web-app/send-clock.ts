import type { IncomingMessage, ServerResponse } from 'node:http';

const tickMs = 1000;

/** Sends the time of the server as server-sent events, one each second, until the connection closes. */
export function sendClock(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const tick = () => response.write(`data: ${new Date().toISOString().slice(11, 19)} UTC\n\n`);
  response.write(`retry: ${tickMs}\n`);
  tick();
  const timer = setInterval(tick, tickMs);
  response.once('close', () => clearInterval(timer));
}
