import type { Upstream } from './upstream.ts';

/** A response to a request that the gateway makes for itself. */
export type ClusterAnswer = { status: number; header(name: string): string | undefined; body: string };

export type Ask = {
  /** GET unless given. */
  method?: 'GET' | 'POST';
  path: string;
  headers: readonly string[];
  body?: string;
  timeoutMs: number;
  maxBytes: number;
};

function headerOf(lines: readonly string[], name: string): string | undefined {
  for (let index = 0; index < lines.length; index += 2)
    if (lines[index]!.toLowerCase() === name) return lines[index + 1];
  return undefined;
}

/**
 * Sends a request to a cluster as the gateway itself: with its own credential and these headers. Rejects if the response
 * is late, too long or broken.
 */
export function askCluster(
  upstream: Upstream,
  { method = 'GET', path, headers, body, timeoutMs, maxBytes }: Ask,
): Promise<ClusterAnswer> {
  const authorization = upstream.authorization();
  return new Promise((resolve, reject) => {
    let abort = () => {};
    const giveUp = (why: string) => {
      clearTimeout(timer);
      reject(new Error(why));
      abort();
    };
    const timer = setTimeout(() => giveUp('the cluster did not respond in time'), timeoutMs);
    let [status, lines, size]: [number, readonly string[], number] = [0, [], 0];
    const chunks: Buffer[] = [];
    upstream.dispatch(
      {
        method,
        path: upstream.basePath + path,
        headers: [...headers, ...(authorization === undefined ? [] : ['Authorization', authorization])],
        ...(body === undefined ? {} : { body }),
        headersTimeoutMs: timeoutMs,
      },
      {
        onStart(flow) {
          abort = () => flow.abort();
        },
        onHead(code, received) {
          [status, lines] = [code, received];
        },
        onData(chunk) {
          size += chunk.length;
          if (size > maxBytes) giveUp('the response is too long');
          else chunks.push(chunk);
        },
        onEnd() {
          clearTimeout(timer);
          if (status === 401) upstream.refreshCredential();
          resolve({ status, header: (name) => headerOf(lines, name), body: Buffer.concat(chunks).toString('utf8') });
        },
        onError(error) {
          giveUp(error.message);
        },
      },
    );
  });
}
