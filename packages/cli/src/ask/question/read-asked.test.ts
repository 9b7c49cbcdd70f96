import { describe, expect, it } from '@jest/globals';
import { readAsked, type AskedOptions } from './read-asked.ts';

function read(words: string, options: AskedOptions = {}) {
  const warnings: string[] = [];
  const asked = readAsked(words === '' ? [] : words.split(' '), options, {
    defaultNamespace: 'default',
    warn: (text) => void warnings.push(text),
  });
  return { asked, warnings };
}
const pod = { resource: 'pods', apiGroup: '', subresource: '', namespace: 'default', name: '' };

describe('a request on the command line', () => {
  it.each<[string, AskedOptions, object]>([
    ['list pods', {}, { ...pod, verb: 'list' }],
    ['get po/web', { namespace: 'dev' }, { ...pod, verb: 'get', name: 'web', namespace: 'dev' }],
    [
      'create pods/web',
      { subresource: 'exec', namespace: 'dev' },
      { ...pod, verb: 'create', subresource: 'exec', name: 'web', namespace: 'dev' },
    ],
    [
      'exec pod/web',
      { namespace: 'dev', command: ['ls'] },
      { ...pod, verb: 'create', subresource: 'exec', name: 'web', namespace: 'dev', command: ['ls'] },
    ],
    ['port-forward pods/web', {}, { ...pod, verb: 'create', subresource: 'portforward', name: 'web' }],
    [
      'get pods',
      { as: 'system:serviceaccount:shop:web', asGroup: ['a', 'b'], asUid: '1' },
      { ...pod, verb: 'get', impersonate: ['serviceaccount:shop/web', 'uid:1', 'group:a', 'group:b'] },
    ],
    ['get pods', { as: 'bob' }, { ...pod, verb: 'get', impersonate: ['user:bob'] }],
    ['logs pods/web', {}, { ...pod, verb: 'get', subresource: 'log', name: 'web' }],
    [
      'LIST deploy',
      { allNamespaces: true },
      { ...pod, verb: 'list', resource: 'deployments', apiGroup: 'apps', namespace: '' },
    ],
    ['get nodes', { namespace: 'dev' }, { ...pod, verb: 'get', resource: 'nodes', namespace: '' }],
    ['delete ns/dev', {}, { ...pod, verb: 'delete', resource: 'namespaces', name: 'dev', namespace: 'dev' }],
    [
      'get widgets.example.com',
      {},
      { ...pod, verb: 'get', resource: 'widgets', apiGroup: 'example.com', namespace: '' },
    ],
    ['get /healthz', {}, { ...pod, verb: 'get', resource: '', namespace: '', path: '/healthz' }],
    [
      '',
      { verb: 'create', resource: 'pods/exec', name: 'web' },
      { ...pod, verb: 'create', subresource: 'exec', name: 'web', namespace: '' },
    ],
    [
      '',
      { verb: 'get', resource: 'deployments.apps/scale', namespace: 'x' },
      { ...pod, verb: 'get', resource: 'deployments', apiGroup: 'apps', subresource: 'scale', namespace: 'x' },
    ],
    [
      '',
      { path: '/api/v1/pods?watch=true', method: 'get' },
      { ...pod, verb: 'get', resource: '', namespace: '', path: '/api/v1/pods?watch=true', method: 'GET' },
    ],
    [
      'list pods',
      { selector: 'a=b', fieldSelector: 'c=d', dryRun: true, container: 'c' },
      { ...pod, verb: 'list', labelSelector: 'a=b', fieldSelector: 'c=d', dryRun: true, container: 'c' },
    ],
  ])('(%s %j) is read', (words, options, expected) => {
    expect(read(words, options)).toEqual({ asked: expected, warnings: [] });
  });

  it.each<[string, AskedOptions, RegExp]>([
    ['', {}, /no request is given/],
    ['get', {}, /resource is missing/],
    ['get pods', { verb: 'get' }, /given twice/],
    ['get pods', { path: '/x' }, /given twice/],
    ['', { path: 'x' }, /not a path/],
    ['get pods', { method: 'GET' }, /needs --path/],
    ['exec services/web', {}, /applies only to pods/],
    ['exec pods/web', { subresource: 'attach' }, /implies a subresource/],
    ['get pods/', {}, /TYPE\/NAME/],
    ['get pods/web/exec', {}, /TYPE\/NAME/],
    ['', { verb: 'get' }, /no request is given/],
  ])('(%s %j) is rejected as unclear', (words, options, message) => {
    expect(() => read(words, options)).toThrow(message);
  });

  it('causes a note if it may mean something else', () => {
    expect(read('create pods/exec').warnings).toEqual([
      '"exec" is taken as the name of an object. For the subresource, give --subresource exec.',
    ]);
    expect(read('get widgets').warnings[0]).toContain('widgets.GROUP');
  });
});
