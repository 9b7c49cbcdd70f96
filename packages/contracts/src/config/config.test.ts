import { describe, expect, it } from '@jest/globals';
import { configSchema } from './index.ts';

const cluster = { name: 'dev', server: 'https://10.0.0.1:6443', tokenFile: 't' };
const faultsOf = (value: unknown) => {
  const result = configSchema.safeParse(value);
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
};

describe('sallyport.yaml', () => {
  it('needs only a URL and a certificate; durations become milliseconds', () => {
    const config = configSchema.parse({ gateway: { url: 'https://gate:8443/', tls: { certFile: 'a', keyFile: 'b' } } });
    expect(config.gateway.url).toBe('https://gate:8443');
    expect(config.gateway.listen).toEqual({ host: '0.0.0.0', port: 8443 });
    expect(config.sessions.lifetime).toBe(12 * 3_600_000);
    expect(config.services.audit.adminListen.port).toBe(9182);
    expect(config.audit.whenUnavailable).toEqual({
      write: 'refuse',
      exec: 'refuse',
      secretRead: 'refuse',
      read: 'spool',
    });
  });

  it('reports all faults together, each with its path', () => {
    const faults = faultsOf({
      gateway: { url: 'ftp://x', listen: 'nowhere' },
      sesions: {},
      clusters: [{ ...cluster, token: 'a' }, { name: 'Dev' }],
    });
    expect(faults.length).toBeGreaterThanOrEqual(5);
    expect(faults.join('\n')).toMatch(/clusters\.0\.tokenFile: only one credential/);
    expect(faults.join('\n')).toMatch(/clusters\.1\.name: not a name/);
    expect(faults.join('\n')).toMatch(/sesions/);
  });

  it('refuses a remote cluster without TLS, and an issuer without TLS', () => {
    const gateway = { url: 'http://gate' };
    expect(faultsOf({ gateway, clusters: [{ ...cluster, server: 'http://10.0.0.1' }] })).toEqual([
      expect.stringContaining('clusters.0.server'),
    ]);
    expect(faultsOf({ gateway, clusters: [{ ...cluster, server: 'http://127.0.0.1:80' }] })).toEqual([]);
    expect(faultsOf({ gateway, identity: { providers: [{ id: 'a', issuer: 'http://idp', clientId: 'c' }] } })).toEqual([
      expect.stringContaining('identity.providers.0.issuer'),
    ]);
  });

  it('refuses a plain HTTP login listener that is not on loopback', () => {
    expect(faultsOf({ gateway: { url: 'http://gate' }, login: { listen: '0.0.0.0:80' } })).toEqual([
      expect.stringContaining('login.listen'),
    ]);
  });

  it('takes a key of a service without a value as absent', () => {
    const empty = { keyFile: null, publicKey: null };
    const tls = { certFile: null, tlsKeyFile: null, caFile: null };
    const { services } = configSchema.parse({
      gateway: { url: 'http://gate' },
      services: {
        authenticate: { ...empty, ...tls },
        authorize: empty,
        audit: empty,
        proxy: { adminListen: '0.0.0.0:9183', ...empty },
      },
    });
    expect(services.authenticate).toMatchObject({ url: 'http://127.0.0.1:4180', listen: { port: 4180 } });
    for (const service of Object.values(services))
      for (const key of ['keyFile', 'publicKey', 'certFile', 'tlsKeyFile', 'caFile'])
        expect(service[key as keyof typeof service]).toBeUndefined();
    expect(faultsOf({ gateway: { url: 'http://gate' }, services: { proxy: { keyFile: 5 } } })).toEqual([
      expect.stringContaining('services.proxy.keyFile'),
    ]);
  });

  it('takes every other key as absent that may be left empty', () => {
    expect(
      faultsOf({
        gateway: { url: 'https://gate', tls: { certFile: 'a', keyFile: 'b', clientCaFile: null } },
        audit: { kafka: { brokers: ['kafka:9092'], tls: null, sasl: null }, store: { embedded: './audit' } },
        identity: { providers: [{ id: 'corp', issuer: 'https://idp', clientId: 'c', caFile: null }] },
        branding: { name: 'Corp', helpUrl: null, logoFile: null },
        clusters: [{ ...cluster, serverName: null }],
        workloads: [
          {
            name: 'ci',
            issuer: 'https://ci.example.com',
            audience: 'sallyport',
            jwksUri: null,
            match: { repository: 'example/shop' },
            user: 'ci:{{repository}}',
          },
        ],
      }),
    ).toEqual([]);
  });
});
