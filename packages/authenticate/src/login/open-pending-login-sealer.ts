import { createPrivateKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type LoadedConfig } from '@sallyport/kit';
import { loadSealingKeys, type SealingKey } from '@sallyport/stores';
import { createPendingLoginSealer, type PendingLoginSealer } from './pending-login-sealer.ts';

/** No key in `sessions.encryption` can have this ID. */
const ownKeyId = '~authenticate';

/** The private key of this service, which all of its replicas share and no other service has. */
function ownKey({ config, resolvePath }: LoadedConfig): SealingKey[] {
  const { keyFile } = config.services.authenticate;
  if (keyFile === undefined) return [];
  const { d } = createPrivateKey(readFileSync(resolvePath(keyFile))).export({ format: 'jwk' });
  return d === undefined ? [] : [{ id: ownKeyId, key: Buffer.from(d, 'base64url') }];
}

/**
 * Creates the sealer of pending logins with the keys of `sessions.encryption` and the private key that all replicas
 * share. Without either, as in a single process, it uses a random key.
 */
export function openPendingLoginSealer(loaded: LoadedConfig): PendingLoginSealer {
  const ring = [...loadSealingKeys(loaded), ...ownKey(loaded)];
  return createPendingLoginSealer(ring.length > 0 ? ring : [{ id: '~of-this-process', key: randomBytes(32) }]);
}
