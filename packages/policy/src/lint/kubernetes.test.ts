import { describe, expect, it } from '@jest/globals';
import { builtInKind } from '@sallyport/contracts';
import { warningsOf } from '../testing/warnings-of.ts';
import { builtInResources, builtInCatalog, createResourceCatalog } from './resources/resource-catalog.ts';

/** Returns the code and the suggestion of each warning about an allow of these criteria. */
function found(...criteria: object[]): string[] {
  return warningsOf([{ allow: { and: criteria } }]).map(({ code, suggestion }) =>
    suggestion === undefined ? code! : `${code} ${suggestion}`,
  );
}
const messagesOf = (document: unknown) => warningsOf(document).map(({ message, hint }) => `${message} (${hint})`);
const ofResource = (pattern: unknown) => found({ 'k8s/resource': pattern });
const ofVerb = (verb: unknown) => found({ 'k8s/verb': verb });

describe('a verb that no request has', () => {
  it.each([
    ['exec', 'create'],
    ['attach', 'create'],
    ['port-forward', 'create'],
    ['portforward', 'create'],
    ['logs', 'get'],
    ['apply', 'patch'],
    ['edit', 'patch'],
    ['describe', 'get'],
    ['scale', 'patch'],
    ['replace', 'update'],
    ['debug', 'patch'],
    ['GET', 'get'],
    ['lst', 'list'],
    ['deletecolection', 'deletecollection'],
  ])('causes a warning with what to write instead: %s', (verb, suggestion) => {
    expect(ofVerb(verb)).toEqual([`unknown-verb ${suggestion}`]);
    expect(ofVerb({ not: verb })).toEqual([`unknown-verb ${suggestion}`]);
    expect(ofVerb(['list', verb])).toEqual([`unknown-verb ${suggestion}`]);
  });

  it('is named with the resource that belongs to it, and never understood as that', () => {
    expect(messagesOf({ allow: { and: [{ 'k8s/verb': 'exec' }] } })).toEqual([
      'there is no verb "exec", so this matches nothing (write create with k8s/resource: pods/exec)',
    ]);
    expect(messagesOf({ allow: { and: [{ 'k8s/verb': 'impersonate' }] } })).toEqual([
      expect.stringContaining('is a verb of RBAC, which no request has'),
    ]);
    expect(messagesOf({ allow: { and: [{ 'k8s/verb': { starts_with: 'exe' } }] } })).toEqual([
      expect.stringContaining('matches no verb'),
    ]);
  });

  it('is none of those that requests have', () => {
    for (const verb of [
      'get',
      'deletecollection',
      'head',
      'post',
      { starts_with: 'del' },
      { not: 'get' },
      ['get', 'list'],
    ])
      expect(ofVerb(verb)).toEqual([]);
  });
});

describe('a resource as no request has it', () => {
  it.each([
    ['pod', 'resource-name pods'],
    ['po', 'resource-name pods'],
    ['Pod', 'resource-name pods'],
    ['PODS', 'resource-name pods'],
    ['deploy', 'resource-name deployments.apps'],
    ['Deployment', 'resource-name deployments.apps'],
    ['deployment.apps', 'resource-name deployments.apps'],
    ['deployment/scale', 'resource-name deployments.apps/scale'],
    ['svc', 'resource-name services'],
    ['netpol', 'resource-name networkpolicies.networking.k8s.io'],
    ['deployments', 'resource-group deployments.apps'],
    ['ingresses', 'resource-group ingresses.networking.k8s.io'],
    ['pods.apps', 'resource-group pods'],
    ['deployments.extensions', 'unknown-resource'],
    ['deployments.v1.apps', 'resource-group deployments.apps'],
    ['deployments.app', 'resource-group deployments.apps'],
    ['jobs.apps', 'resource-group jobs.batch'],
    ['podz', 'unknown-resource pods'],
    ['secret/*', 'resource-name secrets/*'],
    ['widgets', 'unknown-resource'],
    ['pods/logs', 'unknown-subresource pods/log'],
    ['pods/port-forward', 'unknown-subresource pods/portforward'],
    ['pods/scale', 'unknown-subresource'],
    ['deployments.apps/exec', 'unknown-subresource'],
    ['nodes/metrics', 'unknown-subresource'],
    ['*/logs', 'unknown-subresource */log'],
  ])('causes a warning: %s', (pattern, warning) => {
    expect(ofResource(pattern)).toEqual([warning]);
  });

  it.each([
    '*',
    'pods',
    'pods/*',
    'pods*',
    '*/scale',
    '*.apps',
    'deployments.apps',
    'deployments.*',
    'secrets/*',
    'events.events.k8s.io',
    'widgets.example.com',
    'pods.metrics.k8s.io',
    'services.serving.knative.dev',
    'certificates.cert-manager.io/status',
    'pod.example.com',
    'pods/ephemeralcontainers',
    'certificatesigningrequests.certificates.k8s.io/approval',
  ])('is not one that can exist: %s', (pattern) => {
    expect(ofResource(pattern)).toEqual([]);
  });

  it('is compared with the resources of a live cluster, if there is one', () => {
    const widgets = {
      group: 'example.com',
      resource: 'widgets',
      kind: 'Widget',
      singular: 'widget',
      shortNames: ['wd'],
      namespaced: false,
      verbs: ['get', 'list'],
      subresources: new Map([['status', ['get']]]),
    };
    const pods = { ...builtInCatalog.find('', 'pods')! };
    const catalog = createResourceCatalog('the cluster dev', [widgets, pods], (group) => group !== 'stale.example.com');
    const ofLive = (...criteria: object[]) =>
      warningsOf([{ allow: { and: criteria } }], { live: { cluster: 'dev', catalog } }).map(
        ({ code, suggestion, message }) => `${code} ${suggestion ?? message}`,
      );
    expect(ofLive({ 'k8s/resource': ['widgets.example.com', 'widgets.example.com/status', 'pods/log'] })).toEqual([]);
    expect(ofLive({ 'k8s/resource': 'wd' })).toEqual(['resource-name widgets.example.com']);
    expect(ofLive({ 'k8s/resource': 'machines.example.com' })).toEqual([
      'unknown-resource names a resource that the cluster dev does not have in the group example.com',
    ]);
    expect(ofLive({ 'k8s/resource': 'x.none.example.com' })[0]).toMatch(/^unknown-resource/);
    expect(ofLive({ 'k8s/resource': 'x.stale.example.com' })).toEqual([]);
    expect(ofLive({ 'k8s/resource': 'widgets.example.com/scale' })[0]).toMatch(/^unknown-subresource/);
    expect(ofLive({ 'k8s/resource': 'widgets.example.com' }, { 'k8s/verb': 'delete' })[0]).toMatch(/^never-holds/);
    expect(ofLive({ 'k8s/resource': 'widgets.example.com' }, { 'k8s/namespace': 'x' })[0]).toMatch(/^no-namespace/);
  });
});

describe('the built-in resources', () => {
  it('are those whose scope the gateway knows', () => {
    for (const [group, lines] of Object.entries(builtInResources))
      for (const line of lines)
        expect({ line, known: builtInKind(group, undefined, line.split(' ')[0]!) !== undefined }).toEqual({
          line,
          known: true,
        });
  });
});

describe('a rule that never holds', () => {
  it('is one whose criteria contradict each other', () => {
    expect(found({ 'k8s/namespace': 'a' }, { 'k8s/namespace': 'b' })).toEqual(['never-holds']);
    expect(found({ 'k8s/verb': ['get', 'list'] }, { 'k8s/verb': { not_in: ['get', 'list'] } })).toEqual([
      'never-holds',
    ]);
    expect(found({ 'k8s/cluster': { starts_with: 'a' } }, { 'k8s/cluster': { starts_with: 'b' } })).toEqual([
      'never-holds',
    ]);
    expect(found({ 'k8s/namespace': { is: 'a', not: 'a' } })).toEqual(['never-holds']);
    expect(found({ 'k8s/resource': 'pods' }, { 'k8s/resource': ['secrets', 'pods/*'] })).toEqual(['never-holds']);
    expect(found({ 'k8s/resource': 'pods' }, { 'k8s/non_resource_path': '/version' })).toEqual(['never-holds']);
    expect(found({ user: 'a' }, { user: 'b' })).toEqual(['never-holds']);
    expect(found({ 'k8s/namespace': ['a', 'b'] }, { 'k8s/namespace': { not: 'a' } })).toEqual([]);
    expect(found({ 'k8s/namespace': { starts_with: 'a' } }, { 'k8s/namespace': { starts_with: 'ab' } })).toEqual([]);
    expect(found({ groups: 'a' }, { groups: 'b' })).toEqual([]);
  });

  it('in a deny still denies what spans namespaces, and ignores the case of addresses', () => {
    const deny = (...criteria: object[]) =>
      warningsOf([{ allow: { or: [{ groups: 'x' }] } }, { deny: { and: criteria } }]).map(({ message }) => message);
    expect(deny({ 'k8s/namespace': 'a' }, { 'k8s/namespace': 'b' })).toEqual([
      expect.stringContaining('and denies only requests that span namespaces'),
    ]);
    expect(deny({ email: 'A@x' }, { email: 'a@x' })).toEqual([]);
  });

  it('has an empty list, or excludes everything', () => {
    expect(found({ 'k8s/namespace': [] })).toEqual(['empty-list']);
    expect(found({ 'k8s/verb': { in: [] } })).toEqual(['empty-list']);
    expect(warningsOf({ allow: { not: [{ accept: true }] } })).toEqual([
      expect.objectContaining({ code: 'never-holds', path: ['allow', 'not'] }),
    ]);
  });

  it('asks for a namespace of what is in none', () => {
    expect(found({ 'k8s/namespace': 'dev' }, { 'k8s/resource': 'nodes' })).toEqual(['no-namespace']);
    expect(
      found({ 'k8s/namespace': 'dev' }, { 'k8s/resource': ['pods', 'clusterroles.rbac.authorization.k8s.io'] }),
    ).toEqual(['no-namespace']);
    expect(
      found({ 'k8s/namespace': 'dev' }, { 'k8s/resource': ['namespaces', 'pods', '*', 'things.example.com'] }),
    ).toEqual([]);
    const deny = (resource: string) =>
      warningsOf([
        { allow: { or: [{ groups: 'x' }] } },
        { deny: { and: [{ 'k8s/namespace': 'dev' }, { 'k8s/resource': resource }] } },
      ])
        .map(({ code }) => code)
        .filter((code) => code === 'no-namespace');
    expect([deny('nodes'), deny('nodes/proxy')]).toEqual([['no-namespace'], []]);
  });

  it('asks for a verb that a resource does not have', () => {
    expect(found({ 'k8s/resource': 'pods/exec' }, { 'k8s/verb': 'get' })).toEqual(['never-holds']);
    expect(found({ 'k8s/resource': ['pods', 'pods/exec'] }, { 'k8s/verb': ['get', 'list'] })).toEqual(['never-holds']);
    expect(found({ 'k8s/resource': 'pods/log' }, { 'k8s/verb': 'delete' })).toEqual(['never-holds']);
    expect(found({ 'k8s/resource': ['pods', 'pods/log'] }, { 'k8s/verb': 'delete' })).toEqual([]);
    expect(found({ 'k8s/resource': 'pods/exec' }, { 'k8s/verb': ['get', 'create'] })).toEqual([]);
    expect(found({ 'k8s/resource': 'pods/proxy' }, { 'k8s/verb': 'list' })).toEqual([]);
    expect(found({ 'k8s/resource': 'pods/ephemeralcontainers' }, { 'k8s/verb': 'create' })).toEqual([]);
  });
});

describe('an allow by method', () => {
  it('causes a warning if nothing else says what is allowed', () => {
    expect(found({ groups: 'x' }, { http_method: 'GET' })).toEqual(['allow-by-method']);
    expect(found({ http_method: { in: ['GET', 'HEAD'] } })).toEqual(['allow-by-method']);
    expect(found({ http_method: 'GET' }, { 'k8s/verb': ['get', 'list'] })).toEqual([]);
    expect(found({ http_method: 'GET' }, { 'k8s/non_resource_path': '/version' })).toEqual([]);
    expect(found({ http_method: { not: 'DELETE' } })).toEqual([]);
  });
});

describe('a name that the configuration does not define', () => {
  const cluster = (name: string) => ({ name, scopes: ['global', `cluster/${name}`], namespaces: [] });
  const names = {
    clusters: [cluster('prod-eu'), cluster('prod-us'), cluster('dev')],
    elevations: ['prod-admin'],
    onCall: ['primary'],
  };
  const of = (criterion: object, scope = 'global') =>
    warningsOf([{ allow: { and: [criterion] } }], { ...names, scope }).map(
      ({ code, suggestion }) => `${code} ${suggestion ?? ''}`,
    );

  it('is that of a cluster', () => {
    expect(of({ 'k8s/cluster': 'prod-eux' })).toEqual(['unknown-cluster prod-eu']);
    expect(of({ 'k8s/cluster': ['dev', 'staging'] })).toEqual(['unknown-cluster ']);
    expect(of({ 'k8s/cluster': { starts_with: 'staging-' } })).toEqual(['unknown-cluster ']);
    expect(of({ 'k8s/cluster': { starts_with: 'prod-' } })).toEqual([]);
    expect(of({ 'k8s/cluster': { not: 'dev' } })).toEqual([]);
    expect(of({ 'k8s/cluster': 'dev' }, 'cluster/dev')).toEqual([]);
    expect(of({ 'k8s/cluster': 'prod-eu' }, 'cluster/dev')).toEqual(['never-holds ']);
    expect(found({ 'k8s/cluster': 'any' })).toEqual([]);
  });

  it('is that of an on-call list', () => {
    expect(of({ on_call: ['primary', 'primari'] })).toEqual(['unknown-on-call-list primary']);
    expect(found({ on_call: 'any' })).toEqual([]);
  });

  it('is that of an elevation', () => {
    expect(of({ elevation: ['prod-admin', 'prod-admim'] })).toEqual(['unknown-elevation prod-admin']);
    expect(found({ elevation: 'any' })).toEqual([]);
  });
});

describe('a policy without an allow rule', () => {
  const denies = { deny: { or: [{ groups: 'guests' }] } };
  const of = (...clusters: { name: string; scopes: string[]; namespaces: [] }[]) =>
    warningsOf(denies, { scope: 'policy/no-guests', clusters }).map(({ code }) => code);

  it('causes a warning if no policy next to it has one', () => {
    expect(warningsOf(denies).map(({ code }) => code)).toEqual(['no-allow']);
    expect(of({ name: 'dev', scopes: ['policy/no-guests'], namespaces: [] })).toEqual(['no-allow']);
  });
});
