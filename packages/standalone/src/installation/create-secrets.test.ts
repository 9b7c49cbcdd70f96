import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ClusterObjects, StoredObject } from './cluster-objects.ts';
import { createSecrets, secretGroups, type SecretGroup } from './create-secrets.ts';
import { createKeptSecrets } from './kept-secrets.ts';

let stored: Map<string, StoredObject>;
const key = (kind: string, name: string) => `${kind} ${name}`;
const objects: ClusterObjects = {
  read: async (kind, name) => structuredClone(stored.get(key(kind, name))),
  async create(object) {
    const at = key(object.kind, object.metadata.name);
    if (stored.has(at)) return false;
    stored.set(at, structuredClone(object));
    return true;
  },
  async update(object) {
    stored.set(key(object.kind, object.metadata.name), structuredClone(object));
  },
};
beforeEach(() => {
  stored = new Map();
});

async function run(make: readonly SecretGroup[], changes: { gatewayHosts?: string[]; now?: number } = {}) {
  const { gatewayHosts = ['gate.example.com'], now = Date.now() } = changes;
  const secrets = createKeptSecrets(objects, { 'app.kubernetes.io/component': 'secrets' });
  const request = { name: 'gate', namespace: 'here', make: new Set(make), gatewayHosts, now: () => now };
  await createSecrets(request, secrets);
  return secrets.done();
}
const secret = (name: string) =>
  Object.fromEntries(
    Object.entries(stored.get(key('Secret', name))!.data!).map(([entry, text]) => [
      entry,
      Buffer.from(text, 'base64').toString(),
    ]),
  );
const configMap = (name: string) => stored.get(key('ConfigMap', name))!.data!;

describe('the Secrets of an installation', () => {
  it('are created once, and then stay as they are', async () => {
    const made = await run(secretGroups);
    expect(made).toHaveLength(stored.size);
    const before = structuredClone(stored);
    expect(await run(secretGroups)).toEqual([]);
    expect(stored).toEqual(before);
  });

  it('have a key for each service, whose public half all services see', async () => {
    await run(['keys']);
    for (const service of ['authenticate', 'authorize', 'proxy', 'audit']) {
      const privateKey = createPrivateKey(secret(`gate-${service}-key`)['private.pem']!);
      expect(privateKey.asymmetricKeyType).toBe('ed25519');
      const half = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64');
      expect(configMap('gate-public-keys')[`${service}.pub`]).toBe(half);
    }
    const identityKey = createPrivateKey(secret('gate-identity-key')['identity.pem']!);
    expect(identityKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(Buffer.from(secret('gate-session-key')['key']!, 'base64')).toHaveLength(32);
    expect(configMap('gate-public-keys')['checkpoints-public.pem']).toContain('BEGIN PUBLIC KEY');
    expect(JSON.stringify(configMap('gate-public-keys'))).not.toContain('PRIVATE');
  });

  it('make a new key for a service whose Secret was deleted, and publish it; the others stay', async () => {
    await run(['keys']);
    const before = { ...configMap('gate-public-keys') };
    stored.delete(key('Secret', 'gate-proxy-key'));
    expect(await run(['keys'])).toEqual([
      'created the Secret gate-proxy-key',
      'changed the ConfigMap gate-public-keys',
    ]);
    const { 'proxy.pub': proxy, ...others } = configMap('gate-public-keys');
    expect(before).toMatchObject(others);
    expect(proxy).not.toBe(before['proxy.pub']);
  });

  it('leave two public keys alone while the key of a service is replaced', async () => {
    await run(['keys']);
    const map = stored.get(key('ConfigMap', 'gate-public-keys'))!;
    const both = `${map.data!['proxy.pub']}\nMCowBQYDK2VwAyEA`;
    map.data!['proxy.pub'] = both;
    expect(await run(['keys'])).toEqual([]);
    expect(configMap('gate-public-keys')['proxy.pub']).toBe(both);
  });

  it('have certificates of one authority, for the hosts of the gateway and the names of the Services', async () => {
    await run(['internal-tls', 'gateway-tls'], { gatewayHosts: ['gate.example.com', '10.1.2.3'] });
    const authority = new X509Certificate(secret('gate-ca')['ca.crt']!);
    const gateway = new X509Certificate(secret('gate-gateway-tls')['tls.crt']!);
    expect(gateway.verify(authority.publicKey)).toBe(true);
    for (const host of ['gate.example.com', 'gate-proxy', 'gate-proxy.here.svc'])
      expect(gateway.checkHost(host)).toBe(host);
    expect(gateway.checkIP('10.1.2.3')).toBe('10.1.2.3');
    expect(configMap('gate-gateway-ca')).toEqual({ 'ca.crt': secret('gate-ca')['ca.crt'] });
    for (const service of ['authenticate', 'authorize', 'audit']) {
      const { 'tls.crt': pem, 'tls.key': own } = secret(`gate-${service}-tls`);
      const certificate = new X509Certificate(pem!);
      expect(certificate.checkHost(`gate-${service}`)).toBe(`gate-${service}`);
      expect(certificate.checkPrivateKey(createPrivateKey(own!))).toBe(true);
      expect(certificate.checkHost('gate.example.com')).toBeUndefined();
    }
    expect(stored.get(key('Secret', 'gate-audit-tls'))!.type).toBe('kubernetes.io/tls');
  });

  it('make only what is asked for', async () => {
    await run(['evaluation']);
    expect([...stored.keys()]).toEqual(['Secret gate-evaluation']);
    expect(secret('gate-evaluation')['redis-url']).toBe(
      `redis://:${secret('gate-evaluation')['redis-password']}@gate-redis:6379/0`,
    );
  });

  it('refuse a certificate for another host, or one that has expired, and say what to delete', async () => {
    await run(['gateway-tls']);
    await expect(run(['gateway-tls'], { gatewayHosts: ['new.example.com'] })).rejects.toThrow(
      'the certificate in the Secret gate-gateway-tls is not valid for new.example.com. Delete this Secret and upgrade again',
    );
    await expect(run(['gateway-tls'], { now: Date.now() + 826 * 86_400_000 })).rejects.toThrow('has expired');
    // What the words say to do works, with the same authority.
    const authority = secret('gate-ca');
    stored.delete(key('Secret', 'gate-gateway-tls'));
    expect(await run(['gateway-tls'], { gatewayHosts: ['new.example.com'] })).toEqual([
      'created the Secret gate-gateway-tls',
    ]);
    expect(secret('gate-ca')).toEqual(authority);
  });

  it('use a Secret of another hand, unless something in it is missing', async () => {
    const given = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'gate-session-key' } } as const;
    stored.set(key('Secret', 'gate-session-key'), { ...given, data: { other: 'eA==' } });
    await expect(run(['keys'])).rejects.toThrow(
      'the Secret gate-session-key exists, but has no key. Add what is missing',
    );
    stored.set(key('Secret', 'gate-session-key'), { ...given, data: { key: 'eA==' } });
    await run(['keys']);
    expect(secret('gate-session-key')).toEqual({ key: 'x' });
  });

  it('are read again when another run was faster', async () => {
    const slow: ClusterObjects = {
      ...objects,
      async create(object) {
        if (object.metadata.name === 'gate-session-key')
          stored.set(key('Secret', 'gate-session-key'), { ...object, data: { key: 'b3RoZXI=' } });
        return objects.create(object);
      },
    };
    const secrets = createKeptSecrets(slow, {});
    await createSecrets(
      { name: 'gate', namespace: 'here', make: new Set(['keys']), gatewayHosts: [], now: Date.now },
      secrets,
    );
    expect(secrets.done()).not.toContain('created the Secret gate-session-key');
    expect(secret('gate-session-key')).toEqual({ key: 'other' });
  });
});
