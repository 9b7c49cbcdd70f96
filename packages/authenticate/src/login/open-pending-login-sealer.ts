import { createPrivateKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type LoadedConfig } from '@sallyport/kit';
import { loadSealingKeys, type SealingKey } from '@sallyport/stores';
import { createLoginSealer, type LoginSealer } from './pending-login-sealer.ts';

/** No key of `sessions.encryption` can have this name. */
const ownKeyId = '~authenticate';

/** Every replica of this service has the same private key, and nobody else has it. */
function ownKey({ config, resolvePath }: LoadedConfig): SealingKey[] {
  const { keyFile } = config.services.authenticate;
  if (keyFile === undefined) return [];
  const { d } = createPrivateKey(readFileSync(resolvePath(keyFile))).export({ format: 'jwk' });
  return d === undefined ? [] : [{ id: ownKeyId, key: Buffer.from(d, 'base64url') }];
}

/**
 * The sealer of logins under way: with the keys of `sessions.encryption`, or what all replicas have in common without
 * them. One process alone needs no key.
 */
export function openLoginSealer(loaded: LoadedConfig): LoginSealer {
  const ring = [...loadSealingKeys(loaded), ...ownKey(loaded)];
  return createLoginSealer(ring.length > 0 ? ring : [{ id: '~of-this-process', key: randomBytes(32) }]);
}
