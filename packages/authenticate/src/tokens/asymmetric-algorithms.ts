/**
 * The algorithms of JWS (RFC 7518, 3.1; RFC 8037) that need a private key. A shared secret, which others may know, must
 * not sign anything.
 */
export const asymmetricAlgorithms: ReadonlySet<string> = new Set([
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]);
