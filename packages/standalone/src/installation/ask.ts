import type { X509Certificate } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';

export type Answer = { status: number; text: string; certificate?: X509Certificate };

const timeoutMs = 10_000;

/** Sends one request on its own connection, and rejects after 10 s of silence, which `who` did not break. */
export function ask(url: URL, options: RequestOptions, body?: string, who?: string): Promise<Answer> {
  const seconds = `within ${timeoutMs / 1000} s`;
  const silence = who === undefined ? `no answer ${seconds}` : `${who} did not answer ${seconds}`;
  return new Promise((resolve, reject) => {
    const isTls = url.protocol === 'https:';
    const send = isTls ? requestHttps : requestHttp;
    const sent = send(url, { ...options, timeout: timeoutMs, agent: false }, (response) => {
      const certificate = isTls ? (response.socket as TLSSocket).getPeerX509Certificate() : undefined;
      text(response).then((all) => resolve({ status: response.statusCode ?? 0, text: all, certificate }), reject);
    });
    sent.once('timeout', () => sent.destroy(new Error(silence)));
    sent.once('error', reject);
    sent.end(body);
  });
}

/** Returns the message of an answer that is a Status or a problem. It names an object, but not the content of a Secret. */
export function messageOf({ text: body }: Answer): string | undefined {
  try {
    return (JSON.parse(body) as { message?: string }).message;
  } catch {
    return undefined;
  }
}
