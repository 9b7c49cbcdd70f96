import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { composeRequest, requestVerbs, type ApiRequest } from './compose-request.ts';
import { parseRequestTarget } from './parse-request-target.ts';
import { readRequestInfo } from './read-request-info.ts';
import type { RequestInfo } from './request-info.ts';

function read(asked: ApiRequest): RequestInfo {
  const composed = composeRequest(asked)!;
  const target = parseRequestTarget(composed.target);
  if (!target.ok) throw new Error(target.reason);
  return readRequestInfo({
    method: composed.method,
    path: target.path,
    segments: target.segments,
    query: target.query,
    hasBody: false,
  });
}
const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/);
const resource = label.filter((name) => !['namespaces', 'proxy', 'watch'].includes(name));
const name = fc.oneof(label, fc.constantFrom('a:b', 'ä€', 'a b', 'x%2Fy', 'q?r#s'));

describe('a composed request', () => {
  it('is read as it was composed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...requestVerbs),
        resource,
        fc.option(label, { nil: '' }),
        fc.option(name, { nil: '' }),
        name,
        fc.option(label, { nil: '' }),
        fc.boolean(),
        fc.string({ maxLength: 10 }),
        (verb, kind, apiGroup, namespace, object, subresource, dryRun, selector) => {
          const one = ['get', 'update', 'patch', 'delete'].includes(verb);
          const asked = {
            verb,
            resource: kind,
            apiGroup,
            apiVersion: 'v2',
            namespace,
            name: one ? object : '',
            subresource: one ? subresource : '',
            dryRun,
            labelSelector: selector.replaceAll('\0', ''),
          };
          const selects = ['list', 'watch', 'deletecollection'].includes(verb);
          expect(read(asked)).toMatchObject({
            isResourceRequest: true,
            verb,
            apiGroup,
            apiVersion: 'v2',
            resource: kind,
            namespace,
            name: asked.name,
            subresource: asked.subresource,
            dryRun:
              dryRun &&
              ['create', 'update', 'patch', 'delete', 'deletecollection'].includes(verb) &&
              asked.subresource !== 'proxy',
            labelSelector: selects ? asked.labelSelector : '',
          });
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each(['get', 'create'])('is a create for exec, with any verb (%s)', (verb) => {
    const info = read({
      verb,
      resource: 'pods',
      subresource: 'exec',
      namespace: 'dev',
      name: 'web',
      command: ['sh', '-c', 'a & b'],
      container: 'c',
    });
    expect(info).toMatchObject({
      verb: 'create',
      resource: 'pods',
      subresource: 'exec',
      namespace: 'dev',
      name: 'web',
      exec: { command: ['sh', '-c', 'a & b'], container: 'c' },
    });
  });

  it('has a placeholder name if any object is meant', () => {
    expect(composeRequest({ verb: 'get', resource: 'pods', namespace: 'dev' })).toEqual({
      method: 'GET',
      target: '/api/v1/namespaces/dev/pods/any-name',
      anyOne: true,
    });
    expect(composeRequest({ verb: 'create', resource: 'pods', subresource: 'exec', namespace: 'dev' })).toMatchObject({
      target: '/api/v1/namespaces/dev/pods/any-name/exec',
      anyOne: true,
    });
    expect(composeRequest({ verb: 'list', resource: 'pods' })).toEqual({
      method: 'GET',
      target: '/api/v1/pods',
      anyOne: false,
    });
  });

  it('for a namespace names it once', () => {
    expect(read({ verb: 'get', resource: 'namespaces', name: 'dev', namespace: 'dev' })).toMatchObject({
      resource: 'namespaces',
      namespace: 'dev',
      name: 'dev',
    });
  });

  it('does not exist for a verb that no request has', () => {
    for (const verb of ['', 'bind', 'use', 'exec', 'GET', '__proto__'])
      expect(composeRequest({ verb, resource: 'pods' })).toBeUndefined();
  });
});
