import { readFileSync } from 'node:fs';
import { createFileFollower, identitiesOf, type Logger, type Metrics } from '@sallyport/kit';
import { Gauge } from 'prom-client';
import type { IdentityKeyRing } from './identity-key-ring.ts';
import { readIdentityKeys } from './identity-keys.ts';

type FollowDeps = { file: string; ring: IdentityKeyRing; logger: Logger; metrics?: Metrics | undefined };

function createKeyMetrics(ring: IdentityKeyRing, metrics: Metrics | undefined) {
  const registers = metrics ? [metrics] : [];
  const info = new Gauge({
    name: 'sallyport_identity_key_info',
    help: 'The keys that verify identities at web applications (use="publish"), and the one that signs them now (use="sign")',
    labelNames: ['key', 'use'],
    registers,
    collect() {
      info.reset();
      for (const { kid } of ring.published()) info.set({ key: kid, use: 'publish' }, 1);
      info.set({ key: ring.signing().kid, use: 'sign' }, 1);
    },
  });
  const rejected = new Gauge({
    name: 'sallyport_identity_keys_rejected',
    help: '1 while the file of identity keys on disk is rejected and older keys are in use',
    registers,
  });
  rejected.set(0);
  return rejected;
}

/** Reads the identity keys again whenever their file changes. A file with a fault changes nothing. */
export function followIdentityKeys({ file, ring, logger, metrics }: FollowDeps): { close(): void } {
  const rejected = createKeyMetrics(ring, metrics);
  const readAgain = async () => {
    const seen = await identitiesOf([file]);
    try {
      const before = ring.published().map(({ kid }) => kid);
      ring.take(readIdentityKeys(readFileSync(file)));
      rejected.set(0);
      const after = ring.published().map(({ kid }) => kid);
      if (after.join(' ') !== before.join(' ')) logger.info({ keys: after }, 'the identity keys have changed');
    } catch (error) {
      rejected.set(1);
      logger.error({ err: error, file }, 'rejected the identity keys on disk; the previous ones stay in use');
    }
    follower.follow(seen);
  };
  const follower = createFileFollower({ onChange: () => void readAgain() });
  // The file may have changed since it was read for the first time.
  void readAgain();
  return follower;
}
