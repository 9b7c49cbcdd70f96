// Sends requests one after another over each of many streams for some seconds, with the clients of Node.js. wrk does not
// speak HTTP/2. Reports how many were answered, and how fast.
import { connect } from 'node:http2';
import { Agent, get } from 'node:https';
import { once } from 'node:events';
import process from 'node:process';
import type { Client } from './machine/node-load.ts';
import type { Load } from './machine/wrk.ts';

type Request = {
  url: string;
  ca: string;
  headers: Record<string, string>;
  connections: number;
  seconds: number;
} & Client;

const [{ url, ca, headers, http2, connections, streams, seconds }] = (await once(process, 'message')) as [Request];
const { origin, pathname, search } = new URL(url);
const fields = { accept: 'application/json', 'user-agent': 'kubectl/v1.36.3', ...headers };

/** Sends one request. Resolves with its status when the response has arrived. */
type Send = () => Promise<number>;

async function overHttp2(): Promise<Send> {
  const session = connect(origin, { ca });
  await once(session, 'connect');
  return () =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ':path': pathname + search, ...fields });
      let status = 0;
      stream
        .once('response', (head) => (status = head[':status'] ?? 0))
        .once('end', () => resolve(status))
        .once('error', reject)
        .resume();
    });
}

function overHttp1(): Send {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return () =>
    new Promise((resolve, reject) => {
      get(url, { agent, ca, headers: fields }, (response) => {
        response
          .once('end', () => resolve(response.statusCode ?? 0))
          .once('error', reject)
          .resume();
      }).once('error', reject);
    });
}

const latencies: number[] = [];
const each = Array.from({ length: connections });
const senders = http2 ? await Promise.all(each.map(overHttp2)) : each.map(overHttp1);
const from = performance.now();
async function repeat(send: Send): Promise<void> {
  for (let at = performance.now(); at < from + seconds * 1000;) {
    const status = await send();
    if (status !== 200) throw new Error(`answered ${status}`);
    const now = performance.now();
    latencies.push(now - at);
    at = now;
  }
}
await Promise.all(senders.flatMap((send) => Array.from({ length: streams }, () => repeat(send))));
const lasted = performance.now() - from;
const ascending = latencies.toSorted((a, b) => a - b);
const quantile = (share: number) => ascending[Math.floor(ascending.length * share)]!;
process.send?.({
  requests: latencies.length,
  seconds: lasted / 1000,
  p50: quantile(0.5),
  p99: quantile(0.99),
} satisfies Load);
setInterval(() => undefined, 60_000);
