import { createSecureContext, type SecureContext } from 'node:tls';

const contexts = new Map<string, SecureContext>();

/** Returns the trust and the certificate of a TLS client, given as PEM. Reading them costs more than a connection. */
export function clientContext(pem: { ca?: string; cert?: string; key?: string }): SecureContext {
  const name = JSON.stringify(pem);
  const context = contexts.get(name) ?? createSecureContext(pem);
  contexts.set(name, context);
  return context;
}
