import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { clientContext } from './client-context.ts';

export type HttpRequest = {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
  /** The only trusted authority, as PEM. */
  ca?: string;
  /** The client certificate and its key, as PEM. */
  cert?: string;
  key?: string;
  /** The name in the certificate, if it is not the one of the URL or of the Host header. */
  serverName?: string;
  /** The address of this machine from which the request comes. */
  localAddress?: string;
  timeoutMs?: number;
};

export type HttpAnswer = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  rawHeaders: string[];
  text: string;
  /** Returns the body as JSON. Throws if it is not JSON. */
  json(): Record<string, unknown>;
};

/** Sends a request on a new connection. Follows no redirects and keeps no cookies. */
export function httpRequestOnce(url: string, options: HttpRequest = {}): Promise<HttpAnswer> {
  const { method = 'GET', headers = {}, body, ca, cert, key, serverName, localAddress, timeoutMs = 60_000 } = options;
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      {
        method,
        headers,
        ...(url.startsWith('https:') ? { secureContext: clientContext({ ca, cert, key }) } : {}),
        ...(serverName === undefined ? {} : { servername: serverName }),
        ...(localAddress === undefined ? {} : { localAddress }),
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
      },
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
