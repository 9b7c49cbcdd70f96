import { flag, parameter, type Call, type Cluster } from '../access/call.ts';
import { sendText } from '../http/reply.ts';
import { pods } from '../kinds/kinds.ts';
import { badRequest } from '../objects/api-error.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import { findContainer } from './find-container.ts';

const interval = 10_000;
// A pod that has run for a year no longer has the log of its first day.
const kept = 200;

/** Returns the lines that a simulated web server wrote since the pod started, each with its time in milliseconds. */
function logLines(pod: KubeObject, container: string, now: number): { at: number; text: string }[] {
  const start = Date.parse(pod.metadata.creationTimestamp ?? '') || now;
  const boot = [
    `this is a practice cluster: ${pod.metadata.name}/${container} does not really run`,
    `starting ${container}`,
    'listening on :8080',
  ].map((text) => ({ at: start, text }));
  const due = Math.max(0, Math.floor((now - start) / interval));
  const first = Math.max(1, due - kept + 1);
  const access = Array.from({ length: due - first + 1 }, (_, index) => ({
    at: start + (first + index) * interval,
    text: accessLine(first + index),
  }));
  return [...boot, ...access];
}

/** Returns a line of a simulated access log. */
function accessLine(number: number): string {
  return `10.244.0.1 "GET /healthz HTTP/1.1" 200 ${number}`;
}

const followInterval = 1000;

/** Sends the log of a pod. With `follow`, adds a line per second until the pod is deleted or the client disconnects. */
export function sendLog(cluster: Cluster, call: Call): void {
  const { pod, container } = findContainer(cluster, call);
  const format = ({ at, text }: { at: number; text: string }): string =>
    `${flag(call, 'timestamps') ? `${new Date(at).toISOString()} ` : ''}${text}\n`;
  const lines = flag(call, 'previous') ? [] : logLines(pod, String(container.name), cluster.clock());
  const tail = whole(call, 'tailLines', lines.length);
  const since = whole(call, 'sinceSeconds', Number.MAX_SAFE_INTEGER / 1000);
  const chosen = (tail === 0 ? [] : lines.slice(-tail)).filter(({ at }) => at >= cluster.clock() - since * 1000);
  const text = chosen.map(format).join('');
  const bytes = Buffer.from(text).subarray(0, whole(call, 'limitBytes', Infinity));
  if (!flag(call, 'follow')) return sendText(call.response, 200, bytes.toString());
  call.response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
  call.response.flushHeaders();
  if (bytes.length > 0) call.response.write(bytes);
  follow(cluster, call, pod, format);
}

function follow(
  cluster: Cluster,
  { response }: Call,
  pod: KubeObject,
  format: (line: { at: number; text: string }) => string,
): void {
  let number = 0;
  const timer = setInterval(() => {
    number += 1;
    // No more lines are buffered for a client that does not read.
    if (!response.writableNeedDrain && !response.writableEnded)
      response.write(format({ at: cluster.clock(), text: accessLine(number) }));
  }, followInterval).unref();
  const end = (): void => void response.end();
  const unsubscribe = cluster.store.subscribe((event) => {
    if (event.kind === pods && event.type === 'DELETED' && event.object.metadata.uid === pod.metadata.uid) end();
  });
  cluster.closing.addEventListener('abort', end);
  response.once('close', () => {
    clearInterval(timer);
    unsubscribe();
    cluster.closing.removeEventListener('abort', end);
  });
}

function whole(call: Call, name: string, otherwise: number): number {
  const text = parameter(call, name);
  if (!/^[0-9]{0,12}$/.test(text)) throw badRequest(`${name} must be an integer`);
  return text === '' ? otherwise : Number(text);
}
