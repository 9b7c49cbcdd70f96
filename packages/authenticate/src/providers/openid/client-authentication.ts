import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { CryptoKey } from 'jose';
import * as client from 'openid-client';
import type { ProviderConfig } from '@sallyport/contracts';

/** RFC 6749 2.3.1 or the older form in the body, whichever the provider says it takes; basic if it says nothing. */
function fitting(secret: string | undefined): client.ClientAuth {
  if (secret === undefined) return client.None();
  const [basic, post] = [client.ClientSecretBasic(secret), client.ClientSecretPost(secret)];
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_basic') ? basic : post)(server, ...rest);
  };
}

/** The algorithm that goes with a key, as RFC 7518 and RFC 8037 name them. */
function algorithmOf(key: KeyObject): Parameters<KeyObject['toCryptoKey']>[0] {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  if (key.asymmetricKeyType === 'ed25519') return { name: 'Ed25519' };
  const curve = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }[
    key.asymmetricKeyDetails?.namedCurve ?? ''
  ];
  if (key.asymmetricKeyType === 'ec' && curve !== undefined) return { name: 'ECDSA', namedCurve: curve };
  throw new Error('the key is neither RSA, nor Ed25519, nor on one of the curves P-256, P-384 and P-521');
}

/** Reads the private key of a client (PEM). Throws if it is none that signs. */
export function readClientKey(pem: string): CryptoKey {
  const key = createPrivateKey(pem);
  return key.toCryptoKey(algorithmOf(key), false, ['sign']);
}

/**
 * How the gateway proves itself to the token endpoint. `key` is what signs with `private_key_jwt` (RFC 7523, OpenID
 * Connect Core 9).
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
  return clientAuth === 'none' ? client.None() : fitting(clientSecret);
}
