import { describe, expect, it } from '@jest/globals';
import { eventOf, expectAccepted, expectRefused, expectUnparsable, pods } from '../fixtures/attack.ts';

const v1 = '/clusters/dev/api/v1';
/** Method, path, and the verb that the API server determines. */
const verbs: [string, string, string][] = [
  ['GET', `${v1}/namespaces/dev/pods/web`, 'get'],
  ['HEAD', `${v1}/namespaces/dev/pods/web`, 'get'],
  ['HEAD', `${v1}/pods`, 'list'],
  ['GET', `${v1}/pods`, 'list'],
  ['GET', `${v1}/pods?watch`, 'watch'],
  ['GET', `${v1}/pods?watch=`, 'watch'],
  ['GET', `${v1}/pods?watch=1`, 'watch'],
  ['GET', `${v1}/pods?watch=true`, 'watch'],
  ['GET', `${v1}/pods?watch=TRUE`, 'watch'],
  ['GET', `${v1}/pods?w%61tch=t`, 'watch'],
  ['GET', `${v1}/pods?watch=anything`, 'watch'],
  ['GET', `${v1}/pods?watch=0`, 'list'],
  ['GET', `${v1}/pods?watch=False`, 'list'],
  ['GET', `${v1}/pods?Watch=true`, 'list'],
  ['GET', `${v1}/watch/pods`, 'watch'],
  ['GET', `${v1}/watch/namespaces/dev/pods/web`, 'watch'],
  ['GET', `${v1}/proxy/namespaces/dev/pods/web`, 'proxy'],
  ['POST', `${v1}/namespaces/dev/pods`, 'create'],
  ['PUT', `${v1}/namespaces/dev/pods/web`, 'update'],
  ['PATCH', `${v1}/namespaces/dev/pods/web`, 'patch'],
  ['DELETE', `${v1}/namespaces/dev/pods/web`, 'delete'],
  ['DELETE', `${v1}/namespaces/dev/pods`, 'deletecollection'],
  ['DELETE', `${v1}/pods`, 'deletecollection'],
  ['DELETE', `${v1}/namespaces/dev`, 'delete'],
  ['OPTIONS', `${v1}/namespaces/dev/pods`, ''],
  ['GET', '/clusters/dev/version', 'get'],
  ['DELETE', '/clusters/dev/version', 'delete'],
];
/** Not allowed by a policy of get and list. */
const beyond: [string, string][] = [
  ['GET', '/api/v1/watch/pods'],
  ['GET', '/api/v1/pods?watch=1'],
  ['GET', '/api/v1/pods?watch=TRUE'],
  ['GET', '/api/v1/pods?watch'],
  ['DELETE', '/api/v1/namespaces/dev/pods'],
  ['POST', '/api/v1/namespaces/dev/pods'],
  ['OPTIONS', '/api/v1/pods'],
  ['HEAD', '/api/v1/watch/pods'],
  ['GET', '/api/v1/proxy/nodes/n'],
  ['GET', '/api/v1/watch'],
  ['GET', '/api/v1/proxy'],
  ['PATCH', '/api/v1/namespaces/dev/pods/web'],
  ['PUT', '/api/v1/namespaces/dev/pods/web/status'],
];

export function attackVerbs(): void {
  describe('A17: the verb', () => {
    it.each(verbs)('of %s %s is the one that the API server determines', async (method, target, verb) => {
      const { request } = await expectAccepted({
        method,
        target,
        lines: method === 'POST' || method === 'PUT' || method === 'PATCH' ? ['Content-Length: 0'] : [],
      });
      const { data } = await eventOf(request.header('audit-id')[0]);
      expect([data.verb, data.sallyport.policyVerb]).toEqual([verb, verb]);
    });

    it.each(beyond)('of %s %s is not allowed by a policy of get and list', async (method, target) => {
      await expectRefused({ method, target: `/clusters/readonly${target}` }, 403);
    });

    it.each(['TRACE', 'PROPFIND', 'QUERY', 'LINK', 'COPY', 'SEARCH', 'REPORT', 'MKCOL'])(
      '%s is not a verb of the API',
      async (method) => {
        await expectRefused({ method }, 405, /no such method/);
      },
    );
    it.each(['get', 'Get', 'GETX', 'EXEC', 'GET\0', 'POST:', '"GET"', 'PRI'])('%j is not HTTP', async (method) => {
      await expectUnparsable({ method });
    });

    it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', '_method'])(
      'is not changed by %s',
      async (name) => {
        const { request } = await expectAccepted({ target: `${pods}?_method=DELETE`, lines: [`${name}: DELETE`] });
        expect(request.method).toBe('GET');
        expect(request.header(name)).toEqual([]);
      },
    );
  });
}
