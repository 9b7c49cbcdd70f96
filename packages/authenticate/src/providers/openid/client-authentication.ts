import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { CryptoKey } from 'jose';
import * as client from 'openid-client';
import type { ProviderConfig } from '@sallyport/contracts';

/** Uses HTTP Basic (RFC 6749 2.3.1) or the request body, as the provider's metadata supports. Basic is the default. */
function supportedAuthentication(secret: string | undefined): client.ClientAuth {
  if (secret === undefined) return client.None();
  const basic = client.ClientSecretBasic(secret);
  const post = client.ClientSecretPost(secret);
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_basic') ? basic : post)(server, ...rest);
  };
}

/**
 * Returns how the gateway authenticates to the token endpoint. `key` signs client assertions with `private_key_jwt`
 * (RFC 7523, OpenID Connect Core 9).
 */
export function clientAuthentication(
  provider: Pick<ProviderConfig, 'clientAuth' | 'clientSecret' | 'clientKeyId'>,
  key: CryptoKey | undefined,
): client.ClientAuth {
  const { clientAuth, clientSecret, clientKeyId } = provider;
  if (clientAuth === 'private_key_jwt' && key)
    return client.PrivateKeyJwt(clientKeyId === undefined ? key : { key, kid: clientKeyId });
  if (clientAuth === 'basic') return client.ClientSecretBasic(clientSecret);
  if (clientAuth === 'post') return client.ClientSecretPost(clientSecret);
  return clientAuth === 'none' ? client.None() : supportedAuthentication(clientSecret);
}

/** Returns the algorithm for a key (RFC 7518, RFC 8037). */
function algorithmOf(key: KeyObject): Parameters<KeyObject['toCryptoKey']>[0] {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  if (key.asymmetricKeyType === 'ed25519') return { name: 'Ed25519' };
  const curve = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }[
    key.asymmetricKeyDetails?.namedCurve ?? ''
  ];
  if (key.asymmetricKeyType === 'ec' && curve !== undefined) return { name: 'ECDSA', namedCurve: curve };
  throw new Error('the key must be RSA, Ed25519, or EC on the curve P-256, P-384 or P-521');
}

/** Reads the private key of a client (PEM). Throws if the key cannot sign. */
export function readClientKey(pem: string): CryptoKey {
  const key = createPrivateKey(pem);
  return key.toCryptoKey(algorithmOf(key), false, ['sign']);
}
