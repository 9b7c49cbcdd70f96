import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';

export type HttpRequest = {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
  /** PEM text of the only authority that is trusted. */
  ca?: string;
  /** The certificate and key (PEM) that the client shows of itself. */
  cert?: string;
  key?: string;
  timeoutMs?: number;
};

export type HttpAnswer = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  rawHeaders: string[];
  text: string;
  /** The body as JSON; throws if it is none. */
  json(): Record<string, unknown>;
};

/** One request on a connection of its own. Follows no redirect, keeps no cookie. */
export function httpRequestOnce(url: string, options: HttpRequest = {}): Promise<HttpAnswer> {
  const { method = 'GET', headers = {}, body, ca, cert, key, timeoutMs = 30_000 } = options;
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      { method, headers, ca, cert, key, agent: false, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            text,
            json: () => JSON.parse(text) as Record<string, unknown>,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
