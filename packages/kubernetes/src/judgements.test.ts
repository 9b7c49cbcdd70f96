import { describe, expect, it } from '@jest/globals';
import { isSecretRead, isWrite, shellEquivalent } from './judgements.ts';
import { parseRequestTarget } from './parse-request-target.ts';
import { readRequestInfo } from './read-request-info.ts';
import type { RequestInfo } from './read-request-info.ts';

function read(method: string, target: string): RequestInfo {
  const parsed = parseRequestTarget(target);
  if (!parsed.ok) throw new Error(parsed.reason);
  return readRequestInfo({ method, ...parsed });
}

const pod = '/api/v1/namespaces/dev/pods/web';

describe('shell equivalents', () => {
  it.each([`${pod}/exec`, `${pod}/attach`, `${pod}/portforward`, `${pod}/ephemeralcontainers`, `${pod}/proxy/x`, '/api/v1/nodes/n/proxy/exec', '/api/v1/namespaces/dev/services/web/proxy',
    '/api/v1/namespaces/dev/serviceaccounts/a/token', '/api/v1/proxy/nodes/n', '/api/v1/proxy/namespaces/dev/pods/web'])('%s is one', (target) => {
    expect(shellEquivalent(read('GET', target))).toBe(true);
  });

  it.each([pod, `${pod}/log`, '/api/v1/nodes/n', '/api/v1/namespaces/dev/serviceaccounts/a', '/apis/example.com/v1/namespaces/dev/pods/web/exec', '/exec'])('%s is none', (target) => {
    expect(shellEquivalent(read('GET', target))).toBe(false);
  });
});

describe('reads of secrets', () => {
  it.each(['/api/v1/secrets', '/api/v1/namespaces/dev/secrets/a', '/api/v1/watch/secrets', '/api/v1/secrets?watch=1'])('%s is one', (target) => {
    expect(isSecretRead(read('GET', target))).toBe(true);
  });

  it('are not writes of them, nor reads of what only shares the name', () => {
    expect(isSecretRead(read('POST', '/api/v1/namespaces/dev/secrets'))).toBe(false);
    expect(isSecretRead(read('GET', '/apis/example.com/v1/secrets'))).toBe(false);
    expect(isSecretRead(read('GET', '/secrets'))).toBe(false);
  });
});

describe('writes', () => {
  it.each([['POST', pod], ['PUT', pod], ['PATCH', pod], ['DELETE', pod], ['DELETE', '/api/v1/pods'], ['GET', `${pod}/exec`], ['OPTIONS', pod], ['PURGE', pod], ['POST', '/healthz'], ['GET', '/api/v1/watch']])('%s %s is one, or cannot be told from one', (method, target) => {
    expect(isWrite(read(method, target))).toBe(true);
  });

  it.each([['GET', pod], ['HEAD', pod], ['GET', '/api/v1/pods'], ['GET', '/api/v1/pods?watch=1'], ['GET', '/healthz'], ['OPTIONS', '/version']])('%s %s is none', (method, target) => {
    expect(isWrite(read(method, target))).toBe(false);
  });
});
