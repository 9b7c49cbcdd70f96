import { isApiTrue } from '@sallyport/kubernetes';
import { badRequest } from '../http/api-error.ts';
import { parameter } from '../http/call.ts';
import type { Call, Cluster } from '../http/call.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import { pods } from '../kinds/kinds.ts';
import { sendText } from '../http/reply.ts';
import { findContainer } from './find-container.ts';
import { accessLine, logLines } from './log-lines.ts';

const followInterval = 1000;

/** Sends the log of a pod. With `follow`, adds a line per second until the pod is deleted or the client disconnects. */
export function sendLog(cluster: Cluster, call: Call): void {
  const { pod, container } = findContainer(cluster, call);
  const flag = (name: string): boolean => isApiTrue(call.target.query.get(name));
  const format = ({ at, text }: { at: number; text: string }): string =>
    `${flag('timestamps') ? `${new Date(at).toISOString()} ` : ''}${text}\n`;
  const lines = flag('previous') ? [] : logLines(pod, String(container.name), cluster.clock());
  const tail = whole(call, 'tailLines', lines.length);
  const since = whole(call, 'sinceSeconds', Number.MAX_SAFE_INTEGER / 1000);
  const chosen = (tail === 0 ? [] : lines.slice(-tail)).filter(({ at }) => at >= cluster.clock() - since * 1000);
  const text = chosen.map(format).join('');
  const bytes = Buffer.from(text).subarray(0, whole(call, 'limitBytes', Infinity));
  if (!flag('follow')) return sendText(call.response, 200, bytes.toString());
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
