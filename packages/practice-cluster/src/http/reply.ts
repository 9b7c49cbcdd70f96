import type { ServerResponse } from 'node:http';
import type { Status } from '@sallyport/kubernetes';

/** Sends a JSON body. */
export function sendJson(
  response: ServerResponse,
  code: number,
  body: unknown,
  contentType = 'application/json',
): void {
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(code, {
    'content-type': contentType,
    'content-length': bytes.length,
    'cache-control': 'no-cache, private',
  });
  response.end(response.req.method === 'HEAD' ? undefined : bytes);
}

/** Sends a Status. */
export function sendStatus(response: ServerResponse, status: Status): void {
  if (status.code === 401) response.setHeader('www-authenticate', 'Bearer realm="practice-cluster"');
  if (status.details?.retryAfterSeconds !== undefined)
    response.setHeader('retry-after', status.details.retryAfterSeconds);
  sendJson(response, status.code, status);
}

/** Sends plain text. */
export function sendText(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'x-content-type-options': 'nosniff',
  });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}
