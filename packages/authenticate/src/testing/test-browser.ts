import type { Express } from 'express';
import request from 'supertest';
import { credential, gateway } from './test-config.ts';

/** Creates a browser, which sends the headers that the gateway adds, keeps cookies, and follows no redirects. */
export function createBrowser(app: Express, origin = gateway) {
  const jar = new Map<string, string>();
  const send = async (
    method: 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head',
    path: string,
    headers: Record<string, string> = {},
    body?: string | object,
  ) => {
    let call = request(app)
      [method](path)
      .set({
        authorization: credential,
        'sallyport-origin': origin,
        'sallyport-client-address': '192.0.2.7',
        'user-agent': 'test',
        accept: 'text/html',
        ...headers,
      })
      .redirects(0);
    if (jar.size > 0 && headers['cookie'] === undefined)
      call = call.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await (body === undefined ? call : call.send(body));
    for (const line of (response.headers['set-cookie'] ?? []) as unknown as string[]) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
  return {
    jar,
    get: (path: string, headers?: Record<string, string>) => send('get', path, headers),
    post: (path: string, headers?: Record<string, string>, body?: string | object) => send('post', path, headers, body),
    send,
  };
}
export type Browser = ReturnType<typeof createBrowser>;
