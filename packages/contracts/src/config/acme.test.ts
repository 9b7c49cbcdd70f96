import { describe, expect, it } from '@jest/globals';
import { acmeDomains } from './acme.ts';
import { configSchema } from './index.ts';

const agreed = { agreeToTerms: true };
const withTls = (tls: object, more: object = {}) => ({ gateway: { url: 'https://gate.example.com', tls }, ...more });
const faultsOf = (value: object) =>
  configSchema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
const route = (from: string, more: object = {}) => ({ from, to: 'http://app:80', ...more });
const ownTls = { tls: { certFile: 'c', keyFile: 'k' } };

describe('gateway.tls.acme', () => {
  it("is Let's Encrypt with the challenge tls-alpn-01, unless it says otherwise", () => {
    const { tls } = configSchema.parse(withTls({ acme: agreed })).gateway;
    expect(tls?.acme).toEqual({
      ...agreed,
      directory: 'https://acme-v02.api.letsencrypt.org/directory',
      challenge: 'tls-alpn-01',
      httpListen: { host: '0.0.0.0', port: 80 },
    });
  });

  it('takes a key without a value as absent', () => {
    const empty = { caFile: null, email: null, domains: null, externalAccount: null };
    expect(faultsOf(withTls({ acme: { ...agreed, ...empty } }))).toEqual([]);
    expect(faultsOf(withTls({ certFile: 'c', keyFile: 'k', acme: null }))).toEqual([]);
  });

  it.each<[string, object, RegExp[]]>([
    ['neither files nor ACME', {}, [/tls\.certFile: is missing/, /tls\.keyFile: is missing/]],
    ['a certificate without its key', { certFile: 'c' }, [/tls\.keyFile: is missing/]],
    ['files and ACME', { certFile: 'c', keyFile: 'k', acme: agreed }, [/tls\.acme: replaces certFile and keyFile/]],
    ['one file and ACME', { keyFile: 'k', acme: agreed }, [/tls\.acme: replaces/]],
    ['terms that nobody agreed to', { acme: {} }, [/acme\.agreeToTerms: must be true/]],
    ['terms that are refused', { acme: { agreeToTerms: false } }, [/acme\.agreeToTerms: must be true/]],
    ['a directory without TLS', { acme: { ...agreed, directory: 'http://ca/dir' } }, [/acme\.directory: not an https/]],
    ['a password in the directory', { acme: { ...agreed, directory: 'https://a:b@ca/' } }, [/acme\.directory: not an/]],
    ['a wildcard', { acme: { ...agreed, domains: ['*.example.com'] } }, [/domains\.0: .*a wildcard needs/]],
    ['no name', { acme: { ...agreed, domains: [] } }, [/acme\.domains: /]],
    ['an unknown challenge', { acme: { ...agreed, challenge: 'dns-01' } }, [/acme\.challenge: .*tls-alpn-01/]],
    ['a name in place of an address', { acme: { ...agreed, email: 'Operator <o@a>' } }, [/acme\.email: not an email/]],
    [
      'the challenge of TLS 1.3 without TLS 1.3',
      { acme: agreed, ciphers: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] },
      [/tls\.ciphers: has no TLS 1\.3 suite, which the challenge tls-alpn-01 requires/],
    ],
  ])('refuses %s', (_what, tls, words) => {
    expect(faultsOf(withTls(tls))).toEqual(words.map((one) => expect.stringMatching(one) as unknown));
  });

  it('refuses a name that has a certificate of its own', () => {
    const domains = ['gate.example.com', 'gate.example.com', 'app.example.com'];
    const routes = [route('https://app.example.com', ownTls)];
    expect(faultsOf(withTls({ acme: { ...agreed, domains } }, { routes }))).toEqual([
      'gateway.tls.acme.domains.2: is the host of routes.0, which has a certificate of its own',
    ]);
    const clusters = [{ name: 'dev', server: 'https://10.0.0.1', token: 't', host: 'app.example.com' }];
    expect(faultsOf(withTls({ acme: agreed }, { routes, clusters }))).toContain(
      'clusters.0.host: is the host of routes.0, which has a certificate of its own',
    );
  });
});

describe('the names of the certificate', () => {
  const cluster = { name: 'dev', server: 'https://10.0.0.1', token: 't', host: 'dev.example.com' };
  const routes = [
    route('https://app.example.com'),
    route('https://own.example.com', ownTls),
    route('http://plain.localhost:4180'),
  ];
  const login = { listen: '127.0.0.1:4180', url: 'http://localhost:4180' };
  const of = (tls: object) => {
    const value = withTls(tls, { clusters: [cluster], routes, login });
    return acmeDomains(configSchema.parse(value));
  };

  it('are those of the gateway, the clusters and the https routes, but for routes with their own certificate', () => {
    expect(of({ acme: agreed })).toEqual([
      { host: 'gate.example.com', path: 'gateway.url' },
      { host: 'dev.example.com', path: 'clusters.0.host' },
      { host: 'app.example.com', path: 'routes.0.from' },
    ]);
  });

  it('are the listed ones, each once', () => {
    expect(of({ acme: { ...agreed, domains: ['a.example.com', 'b.example.com', 'a.example.com'] } })).toEqual([
      { host: 'a.example.com', path: 'gateway.tls.acme.domains.0' },
      { host: 'b.example.com', path: 'gateway.tls.acme.domains.1' },
    ]);
  });

  it('are none without ACME', () => {
    expect(of({ certFile: 'c', keyFile: 'k' })).toEqual([]);
  });

  it('are not more than an ACME server takes', () => {
    const many = Array.from({ length: 101 }, (_, at) => ({ ...cluster, name: `c${at}`, host: `c${at}.example.com` }));
    expect(faultsOf(withTls({ acme: agreed }, { clusters: many }))).toEqual([
      expect.stringMatching(/^gateway\.tls\.acme\.domains: is missing, and the default has more than 100 names/),
    ]);
    expect(faultsOf(withTls({ acme: { ...agreed, domains: ['a.example.com'] } }, { clusters: many }))).toEqual([]);
  });
});
