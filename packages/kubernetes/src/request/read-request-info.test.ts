import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseRequestTarget } from './parse-request-target.ts';
import { readRequestInfo } from './read-request-info.ts';
import type { RequestInfo } from './request-info.ts';

type Row = {
  method: string;
  target: string;
  info: Partial<RequestInfo>;
  query?: Record<string, string[]>;
  error?: boolean;
};
const rows: Row[] = JSON.parse(readFileSync(new URL('../../testdata/request-info.json', import.meta.url), 'utf8'));

function read(method: string, target: string, hasBody?: boolean): RequestInfo {
  const parsed = parseRequestTarget(target);
  if (!parsed.ok) throw new Error(parsed.reason);
  return readRequestInfo({ method, ...parsed, hasBody });
}

describe('the request info equals that of the API server', () => {
  it('for a large table of requests', () => {
    expect(rows.length).toBeGreaterThan(150);
  });

  it.each(rows.filter((row) => !row.error))('$method $target', ({ method, target, info }) => {
    expect(read(method, target)).toMatchObject(info);
  });

  it.each(rows.filter((row) => row.error))(
    'gives $method $target no verb that a rule could match, as the API server cannot read it either',
    ({ method, target, info }) => {
      expect(read(method, target)).toMatchObject({ ...info, requestVerb: method.toLowerCase(), verb: '' });
    },
  );

  it.each(rows.filter((row) => row.query !== undefined))(
    'reads the query of $target as Go does',
    ({ target, query }) => {
      const parsed = parseRequestTarget(target);
      expect(parsed.ok && Object.fromEntries(parsed.query)).toEqual(query);
    },
  );
});

describe('the verb that policy decides on', () => {
  it.each(['exec', 'attach', 'portforward'])('is create for pods/%s with any method', (subresource) => {
    for (const method of ['GET', 'POST', 'HEAD', 'DELETE', 'BREW']) {
      expect(read(method, `/api/v1/namespaces/dev/pods/web/${subresource}`).verb).toBe('create');
    }
  });

  it('is that of the API server for all other requests', () => {
    expect(read('GET', '/api/v1/nodes/n/proxy/exec').verb).toBe('get');
    expect(read('GET', '/apis/example.com/v1/namespaces/dev/pods/web/exec').verb).toBe('get');
    expect(read('GET', '/api/v1/pods?watch=1').verb).toBe('watch');
  });
});

describe('long-running requests', () => {
  it.each([
    ['GET', '/api/v1/pods?watch=1', 'watch'],
    ['GET', '/api/v1/watch/pods', 'watch'],
    ['GET', '/api/v1/namespaces/dev/pods/web/log?follow=true', 'log'],
    ['GET', '/api/v1/namespaces/dev/pods/web/log?follow', 'log'],
    ['POST', '/api/v1/namespaces/dev/pods/web/exec', 'exec'],
    ['GET', '/api/v1/namespaces/dev/pods/web/attach', 'attach'],
    ['GET', '/api/v1/namespaces/dev/pods/web/portforward', 'portforward'],
    ['GET', '/api/v1/nodes/n/proxy/metrics', 'proxy'],
    ['GET', '/api/v1/proxy/nodes/n', 'proxy'],
  ])('%s %s is a %s', (method, target, stream) => {
    expect(read(method, target)).toMatchObject({ stream, longRunning: true });
  });

  it.each([
    '/api/v1/pods',
    '/api/v1/namespaces/dev/pods/web/log',
    '/api/v1/namespaces/dev/pods/web/log?follow=false',
    '/apis/example.com/v1/pods/web/exec',
  ])('%s is not one', (target) => {
    expect(read('GET', target)).toMatchObject({ stream: undefined, longRunning: false });
  });
});

describe('the path after proxy', () => {
  it.each([
    ['/api/v1/nodes/n/proxy/run/prod/web/c', '/run/prod/web/c'],
    ['/api/v1/nodes/n/proxy', ''],
    ['/api/v1/nodes/n/proxy/', '/'],
    ['/api/v1/namespaces/dev/pods/web:80/proxy/a//b/', '/a//b/'],
    ['/api/v1/namespaces/dev/services/web/proxy/x%20y?z=1', '/x y'],
    ['/api/v1/proxy/nodes/n/run/prod', '/run/prod'],
    ['/api/v1/proxy/namespaces/dev/pods/web/x', '/x'],
    ['/apis/example.com/v1/namespaces/dev/things/t/proxy/x', '/x'],
    ['/api/v1/proxy/nodes/n', ''],
    ['/api/v1/pods', undefined],
  ])('of %s is %j', (target, proxyPath) => {
    expect(read('GET', target).proxyPath).toBe(proxyPath);
  });
});

describe('exec options', () => {
  it('keep the words of the command in order', () => {
    expect(
      read(
        'GET',
        '/api/v1/namespaces/d/pods/p/exec?command=sh&command=-c&command=echo+a%26b&container=c&stdin=true&tty=0',
      ).exec,
    ).toEqual({ container: 'c', command: ['sh', '-c', 'echo a&b'], stdin: true, tty: false });
  });

  it('are absent for requests that run nothing', () => {
    expect(read('GET', '/api/v1/namespaces/d/pods/p/portforward?command=x').exec).toBeUndefined();
  });
});

describe('a dry run', () => {
  const pods = '/api/v1/namespaces/dev/pods';
  it.each([
    ['POST', pods],
    ['PUT', `${pods}/a`],
    ['PATCH', `${pods}/a`],
  ])('is recognized for %s %s', (method, path) => {
    expect(read(method, `${path}?dryRun=All`).dryRun).toBe(true);
  });

  it('is recognized for a DELETE only without a body, because the API server ignores the query if there is one', () => {
    expect(read('DELETE', `${pods}/a?dryRun=All`, false).dryRun).toBe(true);
    expect(read('DELETE', `${pods}/a?dryRun=All`, true).dryRun).toBe(false);
    expect(read('DELETE', `${pods}/a?dryRun=All`).dryRun).toBe(false);
  });

  it.each([
    ['POST', `${pods}?dryRun=all`],
    ['POST', `${pods}?dryRun=`],
    ['POST', `${pods}?dryrun=All`],
    ['GET', `${pods}?dryRun=All`],
    ['POST', `${pods}/a/exec?dryRun=All`],
    ['POST', `${pods}/a/proxy/x?dryRun=All`],
    ['POST', '/api/v1/namespaces/dev/serviceaccounts/a/token?dryRun=All'],
  ])('is not recognized for %s %s', (method, target) => {
    expect(read(method, target).dryRun).toBe(false);
  });
});

describe('any request', () => {
  const segment = fc.oneof(
    fc.constantFrom('api', 'apis', 'v1', 'namespaces', 'watch', 'proxy', 'pods', 'exec', 'status', 'apps'),
    fc.string({ minLength: 1, maxLength: 8 }),
  );

  it('is read without an error, and its parts are the end of the path', () => {
    fc.assert(
      fc.property(
        fc.array(segment, { maxLength: 9 }),
        fc.constantFrom('GET', 'POST', 'DELETE', 'X'),
        (parts, method) => {
          const parsed = parseRequestTarget(`/${parts.map(encodeURIComponent).join('/')}`);
          fc.pre(parsed.ok);
          if (!parsed.ok) return;
          const info = readRequestInfo({ method, ...parsed });
          expect(parsed.segments.slice(parsed.segments.length - info.parts.length)).toEqual([...info.parts]);
          if (info.isResourceRequest && info.verb !== '') expect(info.resource).toBe(info.parts[0]);
        },
      ),
    );
  });

  it('is read the same with a final slash, except for the paths', () => {
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 9 }),
        fc.constantFrom('GET', 'POST', 'DELETE', 'X'),
        (parts, method) => {
          const path = `/${parts.map(encodeURIComponent).join('/')}`;
          const [parsed, slash] = [parseRequestTarget(path), parseRequestTarget(`${path}/`)];
          fc.pre(parsed.ok);
          if (!parsed.ok || !slash.ok) throw new Error(`${path}: only one spelling is accepted`);
          const [bare, slashed] = [readRequestInfo({ method, ...parsed }), readRequestInfo({ method, ...slash })];
          // The slash is passed on unchanged to a pod or node behind the proxy.
          if (bare.proxyPath !== undefined) expect([bare.proxyPath, `${bare.proxyPath}/`]).toContain(slashed.proxyPath);
          expect({ ...slashed, proxyPath: undefined }).toEqual({
            ...bare,
            path: `${parsed.path}/`,
            proxyPath: undefined,
          });
        },
      ),
    );
  });
});
