import { describe, expect, it } from '@jest/globals';
import { parseRequestTarget, readRequestInfo } from '@sallyport/kubernetes';
import { tracedPath } from './traced-path.ts';

function pathOf(url: string): string | undefined {
  const target = parseRequestTarget(url);
  if (!target.ok) throw new Error(target.reason);
  return tracedPath(readRequestInfo({ method: 'GET', ...target }));
}

describe('the path that a span has', () => {
  it.each([
    '/api/v1/namespaces/dev/pods',
    '/api/v1/namespaces/dev/pods/web-0/log',
    '/apis/apps/v1/namespaces/dev/deployments/web/scale',
    '/api/v1/nodes',
    '/apis',
    '/version',
    '/openapi/v3/apis/apps/v1',
  ])('is that of the request: %s', (path) => {
    expect(pathOf(path)).toBe(path);
    expect(pathOf(`${path}?fieldSelector=secret-1`)).toBe(path);
  });

  it.each([
    [
      '/api/v1/namespaces/dev/services/http:web:80/proxy/reset/secret-1',
      '/api/v1/namespaces/dev/services/http:web:80/proxy',
    ],
    ['/api/v1/namespaces/dev/pods/web-0/proxy/secret-1', '/api/v1/namespaces/dev/pods/web-0/proxy'],
    ['/api/v1/namespaces/proxy/pods/web-0/proxy/secret-1', '/api/v1/namespaces/proxy'],
    ['/api/v1/nodes/n1/proxy/run/dev/web-0/secret-1', '/api/v1/nodes/n1/proxy'],
  ])('ends where something is proxied: %s', (path, shown) => {
    expect(pathOf(path)?.startsWith(shown)).toBe(true);
    expect(pathOf(path)).not.toContain('secret-1');
  });

  it.each([
    ['/apis/oauth.openshift.io/v1/oauthaccesstokens/secret-1', '/apis/oauth.openshift.io/v1/oauthaccesstokens'],
    ['/apis/user.openshift.io/v1/users/secret-1', '/apis/user.openshift.io/v1/users'],
    ['/apis/x.example.com/v1/namespaces/dev/things/secret-1/status', '/apis/x.example.com/v1/namespaces/dev/things'],
    ['/apis/apps/v9/namespaces/dev/deployments/secret-1', '/apis/apps/v9/namespaces/dev/deployments'],
  ])('ends before the name of a kind that is not built in: %s', (path, shown) => {
    expect(pathOf(path)).toBe(shown);
  });

  it('is left out if the API server has no such path', () => {
    expect(pathOf('/reset/secret-1')).toBeUndefined();
  });

  it('has no command that a path carries', () => {
    expect(pathOf('/api/v1/namespaces/dev/pods/web/exec%3Fcommand=secret-1')).toBe(
      '/api/v1/namespaces/dev/pods/web/exec[redacted]',
    );
  });

  it('has no tokens', () => {
    const token = `spt_${'a'.repeat(43)}`;
    expect(pathOf(`/api/v1/namespaces/${token}/pods`)).not.toContain(token);
    expect(pathOf(`/version/${token}`)).not.toContain(token);
  });
});
