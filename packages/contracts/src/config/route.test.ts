import { describe, expect, it } from '@jest/globals';
import { configSchema } from './index.ts';

const route = { from: 'https://grafana.example.com:8443', to: 'http://grafana:3000' };
const config = (routes: unknown, more: object = {}) =>
  configSchema.safeParse({
    gateway: {
      url: 'https://gate.example.com:8443',
      tls: { certFile: 'tls.crt', keyFile: 'tls.key' },
    },
    sessions: { memory: true },
    audit: { kafka: { memory: true }, store: { embedded: 'x' } },
    identity: { providers: [] },
    routes,
    ...more,
  });
const faults = (routes: unknown, more: object = {}) =>
  config(routes, more)
    .error?.issues.filter(({ path }) => path[0] === 'routes')
    .map(({ path, message }) => `${path.slice(1).join('.')} ${message}`) ?? [];

describe('a route', () => {
  it('needs an address for browsers and one of the application', () => {
    expect(faults([route])).toEqual([]);
    expect(faults([{}]).length).toBeGreaterThan(1);
  });

  it.each([
    'http://grafana.example.com:8443',
    'https://grafana.example.com:8443/x',
    'https://user@grafana.example.com:8443',
    'https://grafana.example.com:8443?x=1',
    'https://10.0.0.1:8443',
    'https://[::1]:8443',
    'grafana.example.com',
    '//grafana.example.com',
    'https://grafana.example.com:8443\\@evil.example',
  ])('is not reached by browsers at %s', (from) => {
    expect(faults([{ ...route, from }])).toEqual([expect.stringMatching(/^0\.from /)]);
  });

  it.each(['http://grafana:3000/x', 'ftp://grafana', 'grafana:3000', 'http://u:p@grafana:3000', 'http://grafana#x'])(
    'does not lead to %s',
    (to) => {
      expect(faults([{ ...route, to }])).toEqual([expect.stringMatching(/^0\.to /)]);
    },
  );

  it('has the port of the gateway, and a host that nothing else has', () => {
    const at = (from: string, more: object = {}) => faults([{ ...route, from }], more);
    expect(at('https://grafana.example.com')).toEqual([expect.stringContaining('another port')]);
    expect(at('https://gate.example.com:8443')).toEqual([expect.stringContaining('the host of gateway.url')]);
    const clusters = [{ name: 'dev', server: 'https://10.0.0.1', token: 't', host: 'dev.example.com' }];
    expect(at('https://dev.example.com:8443', { clusters })).toEqual([expect.stringContaining('host of a cluster')]);
    expect(faults([route, { ...route, to: 'http://other' }])).toEqual(['1.from has the same host as routes.0']);
  });

  it('can be plain http on this machine only, on the listener of the login pages', () => {
    const login = { url: 'http://127.0.0.1:8080', listen: '127.0.0.1:8080' };
    const at = (from: string, more: object = { login }) => faults([{ ...route, from }], more);
    expect(at('http://localhost:8080')).toEqual([]);
    expect(at('http://app.localhost:8080')).toEqual([]);
    for (const from of ['http://app.example.com:8080', 'http://localhost.example.com:8080', 'http://notlocalhost:8080'])
      expect(at(from)).toContainEqual('0.from must be https; plain http is for localhost and names below it');
    expect(at('http://localhost:8443')).toEqual([expect.stringContaining('another port than login.url (8080)')]);
    for (const more of [
      {},
      { login: { listen: '127.0.0.1:8080' } },
      { login: { ...login, url: 'https://a.example.com' } },
    ])
      expect(at('http://localhost:8080', more)).toEqual([
        expect.stringContaining('needs login.listen and a login.url'),
      ]);
    expect(at('http://localhost:8080', { login: { ...login, url: 'http://localhost:8080' } })).toEqual([
      expect.stringContaining('the host of login.url'),
    ]);
    const tls = { certFile: 'a', keyFile: 'b' };
    expect(faults([{ ...route, from: 'http://localhost:8080', tls }], { login })).toEqual([
      '0.tls needs an https address in `from`',
    ]);
  });

  it('has settings for TLS only where there is TLS', () => {
    expect(faults([{ ...route, toCaFile: 'ca.crt' }])).toEqual(['0.toCaFile needs an https address in `to`']);
    expect(faults([{ ...route, to: 'https://grafana', toClientCertFile: 'x' }])).toEqual([
      '0.toClientKeyFile toClientCertFile and toClientKeyFile go together',
    ]);
    const gateway = { url: 'https://gate.example.com:8443', trustedProxies: ['10.0.0.0/8'] };
    expect(faults([{ ...route, tls: { certFile: 'a', keyFile: 'b' } }], { gateway })).toEqual([
      '0.tls needs gateway.tls: without it there is no TLS',
    ]);
  });

  it('can allow headers by names that every server reads alike, and none that it tells the identity in', () => {
    const allowing = (...allowRequestHeaders: string[]) =>
      faults([{ ...route, allowRequestHeaders, identity: { headers: { user: 'X-Auth-User' } } }]);
    expect(allowing('X-HTTP-Method-Override', 'Tailscale-User-Login')).toEqual([]);
    for (const name of ['X_Scheme', 'OIDC_CLAIM_email', 'X-SSL-*', ''])
      expect(allowing(name)).toEqual([expect.stringMatching(/^0\.allowRequestHeaders\.0 not a header name/)]);
    for (const name of ['X-Auth-User', 'x-auth-user', 'XAuth-User'])
      expect(allowing('Tailscale-User-Login', name)).toEqual([
        '0.allowRequestHeaders has a header of identity.headers, which must not come from clients',
      ]);
  });

  it('keeps its addresses as origins', () => {
    const parsed = config([{ from: 'https://Grafana.example.com:8443/', to: 'http://GRAFANA:80/' }]);
    expect(parsed.data?.routes[0]).toMatchObject({ from: 'https://grafana.example.com:8443', to: 'http://grafana' });
  });
});
