import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';

/** Sends a GET over a connection of its own, and returns the response, whose body is not read yet. */
export function openResponse(url: string, ca: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { ca, headers, agent: false }, resolve).on('error', reject).end();
  });
}
