import { describe, expect, it } from '@jest/globals';
import { type WebRoute, createWebRoutes } from './web-route.ts';

const route = (origin: string) => ({ origin, host: new URL(origin).hostname }) as WebRoute;
const secure = route('https://app.example.com:8443');
const plain = route('http://localhost:8080');
const routes = createWebRoutes([secure, plain]);
const to = (...hosts: string[]) => ({ rawHeaders: hosts.flatMap((host) => ['Host', host]) });

describe('the route of a request', () => {
  it('is found by the host, in any case and with any port', () => {
    for (const host of ['app.example.com', 'APP.example.com:8443', 'app.example.com:1'])
      expect(routes.of(to(host))).toBe(secure);
    for (const host of ['localhost', 'LOCALHOST:8080']) expect(routes.plainOf(to(host))).toBe(plain);
  });

  it('is never one of the other listener', () => {
    expect(routes.of(to('localhost:8080'))).toBeUndefined();
    expect(routes.plainOf(to('app.example.com:8443'))).toBeUndefined();
  });

  it('is none where the host is missing, unknown, or could be read in two ways', () => {
    for (const find of [routes.of, routes.plainOf]) {
      for (const request of [
        to(),
        to('other'),
        to('app.example.com', 'localhost'),
        to('app.example.com.'),
        to('x.localhost'),
      ])
        expect(find(request)).toBeUndefined();
    }
  });

  it('leads a login back by the origin of its host', () => {
    expect([routes.byHost('localhost')?.origin, routes.byHost('app.example.com')?.origin]).toEqual([
      plain.origin,
      secure.origin,
    ]);
  });
});
