import { configSchema, type Config } from '@sallyport/contracts';
import { clientId, issuer } from './test-provider.ts';

export const gateway = 'https://gate.example.com:8443';
export const credential = 'Sallyport-Service of-the-proxy';

/** Returns the configuration of these tests. Sections can be replaced. */
export function testConfig(sections: Record<string, unknown> = {}): Config {
  return configSchema.parse({
    gateway: { url: gateway, tls: { certFile: 'tls.crt', keyFile: 'tls.key' } },
    identity: { providers: [{ id: 'corp', issuer, clientId, clientSecret: 's3cr3t' }] },
    ...sections,
  });
}
