import { describe, expect, it } from '@jest/globals';
import {
  bytesOf,
  expectAccepted,
  expectAlice,
  expectRefused,
  expectUnparsable,
  pods,
  send,
} from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const foreign = [
  '//evil.example/api',
  '//evil.example/clusters/dev/api',
  '/\\evil.example/clusters/dev/api',
  '/\\\\evil/x',
  'http://evil.example/clusters/dev/api',
  'https://evil.example/clusters/dev/api',
  'http://127.0.0.1/clusters/dev/api',
  'https://user:pass@evil.example/clusters/dev/api',
  'ftp://evil/clusters/dev/api',
  '*',
  '/clusters/dev//evil.example/api',
  '/clusters/dev/http://evil.example/',
];
const strangeNames = [
  'dev;x',
  'dev@evil.example',
  'd%65v',
  'dev%2f',
  'dev%00',
  'dev%2e%2e',
  'DEV',
  '..',
  '.',
  '',
  'dev.',
  '%64%65%76',
  '__proto__',
  'constructor',
  'dev:8443',
  'dev%20',
  'dev\\',
  'dev%3fx',
  'dev&x',
  'dev+',
  '~',
  'dev,prod',
  'dev%23',
];

const unclear: [string, string][] = [
  ['..', `${pods}/../secrets`],
  ['.. at the start', '/clusters/dev/../prod/api'],
  ['.. twice', '/clusters/dev/../../healthz'],
  ['.', `${pods}/./web`],
  ['%2e%2e', `${pods}/%2e%2e/secrets`],
  ['%2E.', `${pods}/%2E./secrets`],
  ['.%2e', `${pods}/.%2e`],
  ['%2e', `${pods}/%2e`],
  ['%2f', `${pods}/a%2fb`],
  ['%2F..%2F', `${pods}/a%2F..%2Fb`],
  ['%5c', `${pods}/a%5cb`],
  ['a backslash', `${pods}/a\\b`],
  ['//', '/clusters/dev/api//v1/pods'],
  ['two trailing slashes', '/clusters/dev/api/v1/pods//'],
  ['// behind the name', '/clusters/dev//api/v1/pods'],
  ['a fragment', `${pods}/web#x`],
  ['a malformed escape', `${pods}/a%zz`],
  ['half an escape', `${pods}/a%2`],
  ['%u', `${pods}/a%u002fb`],
  ['an escaped tab', `${pods}/a%09b`],
  ['an overlong slash', `${pods}/a%c0%afb`],
  ['.. under proxy', `${pods}/web/proxy/../../../secrets`],
  ['%2e%2e under proxy', `${pods}/web/proxy/%2e%2e/x`],
  ['%2f under proxy', `${pods}/web/proxy/a%2fb`],
  ['a backslash under proxy', `${pods}/web/proxy/..\\x`],
];
const unclearQueries: [string, string][] = [
  ['watch twice', 'watch=true&watch=false'],
  ['watch twice, once escaped', 'watch=true&w%61tch=false'],
  ['dryRun twice', 'dryRun=All&dryRun='],
  ['fieldSelector twice', 'fieldSelector=a%3Db&fieldSelector=c%3Dd'],
  ['labelSelector twice', 'labelSelector=a&labelSelector=b'],
  ['container twice', 'container=a&container=b'],
  ['a semicolon', 'watch=true;x=y'],
  ['a malformed escape', 'x=%zz'],
  ['half an escape', 'x=%f'],
  ['no UTF-8', 'x=%ff'],
  ['NUL', 'x=%00'],
  ['a fragment', 'x=#y'],
];
const clear: [string, string][] = [
  ['a needless escape', '/api/v1/namespaces/dev/pods/a%3Ab'],
  ['lower-case hex', '/api/v1/namespaces/dev/pods/a%3ab'],
  ['an escaped letter', '/api/v1/namespaces/dev/pods/%77eb'],
  ['a colon', '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node'],
  ['a semicolon under proxy', '/api/v1/namespaces/dev/services/web/proxy/a;b'],
  ['an escaped ? and #', '/api/v1/namespaces/dev/pods/a%3Fb%23c'],
  ['an escape of an escape', '/api/v1/namespaces/dev/pods/%252e%252e'],
  ['three dots', '/api/v1/namespaces/dev/pods/...'],
  ['brackets and bars', '/api/v1/namespaces/dev/pods/a[b]|c'],
  ['slashes under proxy', '/api/v1/namespaces/dev/services/https:web:443/proxy//a//b/'],
  ['a trailing slash after proxy', '/api/v1/nodes/n/proxy/'],
  ['an @', '/api/v1/namespaces/dev/pods/user@evil.example'],
  ['a query', '/api/v1/pods?labelSelector=a%3Db%2Cc&limit=500&&x&y=&z=%2F..%2F+%20'],
  ['repeated parameters without effect', '/api/v1/pods?x=1&x=2&command=a&command=b'],
  ['a question mark in the query', '/api/v1/pods?x=a?b'],
  ['a lone question mark', '/api/v1/pods?'],
];

export function attackTargets(): void {
  describe('A15: a target that names another host', () => {
    it.each(foreign)('%s is refused', async (target) => {
      await expectRefused({ target }, 400, /target|path/);
    });

    it.each(['@evil.example/clusters/dev', 'evil.example:443', 'clusters/dev/api', 'javascript:x'])(
      '%s is not HTTP',
      async (target) => {
        await expectUnparsable({ target });
      },
    );

    it.each(['evil.example', '127.0.0.1:1', 'prod', '[::1]', 'dev.k8s.test.', 'dev.k8s.test.evil.example'])(
      'in the Host line (%s) does not change where the request goes',
      async (host) => {
        const { request } = await expectAccepted({ host });
        expectAlice(request);
        expect(request.header('host')).toEqual([new URL(attackFixture().dev.url).host]);
      },
    );

    it.each(['evil.example@127.0.0.1', 'a b', '127.0.0.1, dev.k8s.test', '127.0.0.1:x', 'https://127.0.0.1'])(
      'in the Host line (%s) is refused if it is not a host',
      async (host) => {
        await expectRefused({ host }, 400, /Host/);
      },
    );

    it('by host and by path goes to the cluster of the host, with the path unchanged', async () => {
      const { request } = await expectAccepted({ host: 'DEV.k8s.test:8443', target: '/clusters/prod/api/v1/secrets' });
      expect(request.url).toBe('/clusters/prod/api/v1/secrets');
      const own = await expectAccepted({ host: 'dev.k8s.test', target: '/.sallyport/me' });
      expect(own.request.url).toBe('/.sallyport/me');
    });

    it('of an unknown cluster is refused', async () => {
      for (const name of strangeNames) {
        const reply = await send(bytesOf({ target: `/clusters/${name}/api` }));
        expect([name, reply.code === 403 || reply.code === 400]).toEqual([name, true]);
      }
      expect(attackFixture().dev.requests.filter(({ url }) => url === '/api')).toEqual([]);
    });
  });

  describe('A16: an ambiguous path or query', () => {
    it.each(unclear)('(%s) is refused', async (_what, target) => {
      await expectRefused({ target }, 400, /target is refused/);
    });
    it.each(unclearQueries)('(%s in the query) is refused', async (_what, query) => {
      await expectRefused({ target: `${pods}?${query}` }, 400, /target is refused/);
    });
    it.each([
      ['a tab', `${pods}/a\tb`],
      ['a space', `${pods}/a b`],
      ['a form feed', `${pods}/a\fb`],
      ['a byte above 127 in the query', `${pods}?x=\xff`],
      ['NUL in the query', `${pods}?x=\0`],
    ])('(%s) is not HTTP', async (_what, target) => {
      await expectUnparsable({ target });
    });
    it.each(clear)('while %s is forwarded byte for byte', async (_what, target) => {
      const { request } = await expectAccepted({ target: `/clusters/dev${target}` });
      expect(request.url).toBe(target);
      expect(request.connection.bytes().toString('latin1')).toContain(`GET ${target} HTTP/1.1\r\n`);
    });
  });
}
