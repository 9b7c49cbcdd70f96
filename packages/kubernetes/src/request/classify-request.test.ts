import { describe, expect, it } from '@jest/globals';
import { isSecretRead, isWrite, isShellRequest } from './classify-request.ts';
import { parseRequestTarget } from './parse-request-target.ts';
import { readRequestInfo } from './read-request-info.ts';
import type { RequestInfo } from './request-info.ts';

function read(method: string, target: string, contentTypes?: string[]): RequestInfo {
  const parsed = parseRequestTarget(target);
  if (!parsed.ok) throw new Error(parsed.reason);
  return readRequestInfo({ method, ...parsed, ...(contentTypes ? { contentTypes } : {}) });
}

const pod = '/api/v1/namespaces/dev/pods/web';

describe('shell equivalents', () => {
  it.each([
    `${pod}/exec`,
    `${pod}/attach`,
    `${pod}/portforward`,
    `${pod}/ephemeralcontainers`,
    `${pod}/proxy/x`,
    '/api/v1/nodes/n/proxy/exec',
    '/api/v1/namespaces/dev/services/web/proxy',
    '/api/v1/namespaces/dev/serviceaccounts/a/token',
    '/api/v1/proxy/nodes/n',
    '/api/v1/proxy/namespaces/dev/pods/web',
    '/apis/certificates.k8s.io/v1/certificatesigningrequests/a/approval',
  ])('%s is one', (target) => {
    expect(isShellRequest(read('GET', target))).toBe(true);
  });

  it('include requests for certificates with any verb', () => {
    const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    expect(isShellRequest(read('POST', requests))).toBe(true);
    expect(isShellRequest(read('PATCH', `${requests}/a`, ['application/apply-patch+yaml']))).toBe(true);
    expect(isShellRequest(read('PATCH', `${requests}/a`, ['application/merge-patch+json']))).toBe(false);
    expect(isShellRequest(read('GET', requests))).toBe(false);
  });

  it.each([
    pod,
    `${pod}/log`,
    '/api/v1/nodes/n',
    '/api/v1/namespaces/dev/serviceaccounts/a',
    '/apis/example.com/v1/namespaces/dev/pods/web/exec',
    '/exec',
  ])('%s is not one', (target) => {
    expect(isShellRequest(read('GET', target))).toBe(false);
  });
});

describe('reads of secrets', () => {
  it.each(['/api/v1/secrets', '/api/v1/namespaces/dev/secrets/a', '/api/v1/watch/secrets', '/api/v1/secrets?watch=1'])(
    '%s is one',
    (target) => {
      expect(isSecretRead(read('GET', target))).toBe(true);
    },
  );

  it.each([
    ['POST', '/api/v1/namespaces/dev/secrets'],
    ['PUT', '/api/v1/namespaces/dev/secrets/a'],
    ['PATCH', '/api/v1/namespaces/dev/secrets/a'],
    ['DELETE', '/api/v1/namespaces/dev/secrets/a'],
    ['DELETE', '/api/v1/secrets?dryRun=All'],
  ])('%s %s is one too: the response contains what is written or deleted', (method, target) => {
    expect(isSecretRead(read(method, target))).toBe(true);
  });

  it('do not include resources that only share the name', () => {
    expect(isSecretRead(read('GET', '/apis/example.com/v1/secrets'))).toBe(false);
    expect(isSecretRead(read('GET', '/secrets'))).toBe(false);
  });
});

describe('writes', () => {
  it.each([
    ['POST', pod],
    ['PUT', pod],
    ['PATCH', pod],
    ['DELETE', pod],
    ['DELETE', '/api/v1/pods'],
    ['GET', `${pod}/exec`],
    ['OPTIONS', pod],
    ['PURGE', pod],
    ['POST', '/healthz'],
    ['GET', '/api/v1/watch'],
    // A watch or proxied read by verb, but a write by method.
    ['POST', '/apis/example.com/v1/watch/widgets'],
    ['DELETE', '/api/v1/watch/pods'],
    ['PUT', '/api/v1/proxy/nodes/n'],
  ])('%s %s is one, or may be one', (method, target) => {
    expect(isWrite(read(method, target))).toBe(true);
  });

  it.each([
    ['GET', pod],
    ['HEAD', pod],
    ['GET', '/api/v1/pods'],
    ['GET', '/api/v1/pods?watch=1'],
    ['GET', '/healthz'],
    ['OPTIONS', '/version'],
  ])('%s %s is not one', (method, target) => {
    expect(isWrite(read(method, target))).toBe(false);
  });
});
