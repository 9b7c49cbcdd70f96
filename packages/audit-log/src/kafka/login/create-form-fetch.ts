import http from 'node:http';
import https from 'node:https';
import type { OutboundFetch } from '@sallyport/kit';

/**
 * Creates a fetch with a certificate authority of its own, for small requests whose body is a form. The proxy in
 * HTTPS_PROXY is used, except for what NO_PROXY lists. `ca` is PEM; without it, those of Node.js are trusted.
 */
export function createFormFetch(ca: Buffer | undefined, env: NodeJS.ProcessEnv): OutboundFetch {
  const proxyEnv = { HTTPS_PROXY: env['HTTPS_PROXY'], NO_PROXY: env['NO_PROXY'] };
  return (url, { method, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const secure = url.startsWith('https:');
      const { request } = secure ? https : http;
      // A connection for each request: a token is requested a few times an hour.
      const agent = secure ? new https.Agent({ ...(ca ? { ca } : {}), proxyEnv }) : new http.Agent();
      const text = String(body);
      const outgoing = request(
        url,
        { method, agent, signal, headers: { ...headers, 'content-length': Buffer.byteLength(text) } },
        (incoming) => {
          const status = incoming.statusCode!;
          const received = new Headers();
          for (const [name, value] of Object.entries(incoming.headersDistinct))
            for (const one of value ?? []) received.append(name, one);
          const isBodiless = status === 204 || status === 304;
          const content = isBodiless ? null : (ReadableStream.from(incoming) as ReadableStream);
          if (isBodiless) incoming.resume();
          resolve(new Response(content, { status, headers: received }));
        },
      );
      outgoing.on('error', reject);
      outgoing.end(text);
    });
}
