import { describe, expect, it } from '@jest/globals';
import { httpRequestOnce, rawExchange } from '../../harness/index.ts';
import { askOwnApi } from '../fixtures/ask-own-api.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const api = '/.sallyport/api/v1';
type Name = 'alice' | 'bob' | 'mallory' | 'eve';
const call = (name: Name, path: string, method = 'GET', body?: unknown) =>
  askOwnApi(path, {
    method,
    token: attackFixture().tokens[name],
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });

/** What only some people may do, and a person who may not. */
const forbidden: [string, Name, string, string][] = [
  ['see the policy', 'alice', 'policy', 'GET'],
  ['see the policies in force', 'alice', 'policy/status', 'GET'],
  ['reload it', 'alice', 'policy/reload', 'POST'],
  ['reload it', 'bob', 'policy/reload', 'POST'],
  ["list everybody's sessions", 'alice', 'sessions?all=true', 'GET'],
  ["list everybody's streams", 'alice', 'streams?all=true', 'GET'],
  ["end everybody's sessions", 'mallory', 'sessions?all=true', 'DELETE'],
  ['end the sessions of others', 'alice', 'sessions?user=bob%40example.com', 'DELETE'],
];
const odd = [
  '',
  '%00',
  "' OR 1=1 --",
  '") OR ("1"="1',
  '{"$ne":null}',
  '../../etc/passwd',
  '*',
  '%',
  '_',
  'a'.repeat(5000),
  '\u202e',
  '1;DROP TABLE events',
];

export function attackManagement(): void {
  describe("S11: the gateway's own API", () => {
    it.each(forbidden)('does not let a person without the permission %s (%s)', async (_what, name, path, method) => {
      const answer = await call(name, path, method);
      expect([403, 400]).toContain(answer.status);
      expect(answer.text).not.toMatch(/bob@|alice@|cluster\/|[0-9a-f]{16}/);
      for (const other of ['alice', 'bob'] as const)
        expect(
          (await attackFixture().gateway.request('/.sallyport/me', { token: attackFixture().tokens[other] })).status,
        ).toBe(200);
    });

    it('shows a person only their own clusters, streams, sessions and events', async () => {
      expect((await call('mallory', 'clusters')).json()).toEqual({ clusters: [] });
      expect(
        ((await call('bob', 'clusters')).json()['clusters'] as { name: string }[]).map(({ name }) => name),
      ).toEqual(['prod']);
      for (const path of ['sessions', 'streams', 'audit?limit=100'])
        expect((await call('mallory', path)).text).not.toMatch(/alice@|bob@|eve@/);
    });

    it.each([
      'user',
      'cluster',
      'verb',
      'namespace',
      'resource',
      'name',
      'type',
      'session',
      'after',
      'limit',
      'order',
      'since',
      'all',
    ])('treats a filter of events only as a value (%s)', async (name) => {
      for (const value of odd) {
        const answer = await call('mallory', `audit?${new URLSearchParams({ [name]: value }).toString()}`);
        expect([name, value, answer.status < 500]).toEqual([name, value, true]);
        expect(answer.text).not.toMatch(/alice@|bob@|eve@|syntax|postgres|SELECT/i);
      }
    });

    it('explains only what concerns the caller, and nothing to an anonymous one', async () => {
      const question = (changes: object) => ({
        cluster: 'dev',
        verb: 'get',
        resource: 'pods',
        namespace: 'dev',
        ...changes,
      });
      const asked = [
        question({}),
        question({ cluster: 'prod' }),
        question({ cluster: 'none' }),
        question({ user: 'alice@example.com' }),
        question({ as: 'alice@example.com' }),
      ];
      for (const body of asked) {
        const answer = await call('mallory', 'policy/explain', 'POST', body);
        expect([JSON.stringify(body), answer.status < 500]).toEqual([JSON.stringify(body), true]);
        expect(answer.text).not.toMatch(/developers|sre|alice@example\.com/);
      }
      const [there, none] = [
        await call('mallory', 'policy/can-i', 'POST', question({ cluster: 'prod' })),
        await call('mallory', 'policy/can-i', 'POST', question({ cluster: 'none' })),
      ];
      expect(there.text.replaceAll('prod', 'none').replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')).toBe(
        none.text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID'),
      );
      expect(
        (
          await attackFixture().gateway.request(`${api}/policy/explain`, {
            method: 'POST',
            body: '{}',
            headers: { 'content-type': 'application/json' },
          })
        ).status,
      ).toBe(401);
    });

    it.each(['policy/reload', 'policy/explain', 'policy/can-i', 'device/token'])(
      'refuses a missing, endless or bomb body at %s, and continues',
      async (path) => {
        const bodies = [
          '{',
          '[]',
          'null',
          '"x"',
          `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
          `{"a":"${'x'.repeat(2_000_000)}"}`,
          '{"__proto__":{"privileged":true},"cluster":"dev"}',
        ];
        for (const body of bodies) {
          const answer = await attackFixture()
            .gateway.request(`${api}/${path}`, {
              method: 'POST',
              token: attackFixture().tokens.alice,
              body,
              headers: { 'content-type': 'application/json' },
            })
            .catch((error: Error) => ({ status: 413, text: error.message }));
          expect([path, body.slice(0, 20), answer.status >= 400 && answer.status < 500]).toEqual([
            path,
            body.slice(0, 20),
            true,
          ]);
        }
        expect((await call('alice', 'clusters')).status).toBe(200);
      },
    );

    it('is not on the addresses of clusters, and neither are its pages', async () => {
      const { gateway, tokens } = attackFixture();
      for (const path of [`${api}/sessions`, '/.sallyport/me', '/.sallyport/logout', `${api}/policy/reload`]) {
        const { text } = await rawExchange(
          gateway.url,
          gateway.caPem,
          `POST ${path} HTTP/1.1\r\nHost: dev.k8s.test\r\nAuthorization: Bearer ${tokens.mallory}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
        );
        expect([path, /^HTTP\/1\.1 (\d+)/.exec(text)![1]]).toEqual([path, '403']);
      }
    });

    it('has admin ports that show only counts and names of clusters, and accept no commands', async () => {
      for (const [name, port] of Object.entries(attackFixture().gateway.adminPorts)) {
        for (const method of ['POST', 'PUT', 'DELETE'])
          expect([name, (await httpRequestOnce(`http://127.0.0.1:${port}/metrics`, { method })).status >= 400]).toEqual(
            [name, true],
          );
        for (const path of ['/', '/debug/pprof', '/../etc/passwd', '/%2e%2e/x', '/metrics/../x'])
          expect([name, path, (await httpRequestOnce(`http://127.0.0.1:${port}${path}`)).status]).toEqual([
            name,
            path,
            404,
          ]);
      }
    });
  });
}
