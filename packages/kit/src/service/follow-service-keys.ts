import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { serviceNames, type ServiceName } from '@sallyport/contracts';
import { Gauge } from 'prom-client';
import type { ConfigFault } from '../config/config-faults.ts';
import { identitiesOf } from '../config/read-text-file.ts';
import type { Metrics } from '../observe/create-admin-server.ts';
import type { Logger } from '../observe/create-logger.ts';
import { createFileFollower } from '../reload/follow-files.ts';

type Keys = { privateKey: KeyObject; publicKeys: Record<ServiceName, readonly KeyObject[]> };

type FollowDeps = {
  files: readonly string[];
  current(): Keys;
  /** Reads the keys, and takes them unless there are faults. */
  read(): ConfigFault[];
  logger: Logger;
  metrics?: Metrics | undefined;
};

/** Names a public key: the beginning of the SHA-256 of its DER form, as `openssl pkey -pubin -outform DER` prints it. */
function keyId(key: KeyObject): string {
  return hash('sha256', key.export({ type: 'spki', format: 'der' }), 'hex').slice(0, 16);
}

const idsOf = ({ publicKeys }: Keys) =>
  Object.fromEntries(serviceNames.map((name) => [name, publicKeys[name].map(keyId)]));

const equal = (a: Keys, b: Keys) =>
  a.privateKey.equals(b.privateKey) && JSON.stringify(idsOf(a)) === JSON.stringify(idsOf(b));

function createKeyMetrics(metrics: Metrics | undefined) {
  const registers = metrics ? [metrics] : [];
  const info = new Gauge({
    name: 'sallyport_service_key_info',
    help: 'The public keys of the services that this process accepts (use="verify"), and the one with whose private half it signs (use="sign")',
    labelNames: ['service', 'key', 'use'],
    registers,
  });
  const rejected = new Gauge({
    name: 'sallyport_service_keys_rejected',
    help: '1 while the service keys on disk are rejected and older ones are in use',
    registers,
  });
  rejected.set(0);
  return {
    show({ privateKey, publicKeys }: Keys) {
      const own = createPublicKey(privateKey);
      info.reset();
      for (const service of serviceNames)
        for (const key of publicKeys[service]) {
          info.set({ service, key: keyId(key), use: 'verify' }, 1);
          if (key.equals(own)) info.set({ service, key: keyId(key), use: 'sign' }, 1);
        }
      rejected.set(0);
    },
    reject: () => rejected.set(1),
  };
}

/** Reads the service keys again whenever one of their files changes. Keys with a fault change nothing. */
export function followServiceKeys({ files, current, read, logger, metrics }: FollowDeps): { close(): void } {
  const shown = createKeyMetrics(metrics);
  shown.show(current());
  const readAgain = async () => {
    const seen = await identitiesOf(files);
    const before = current();
    const faults = read();
    if (faults.length > 0) {
      shown.reject();
      logger.error({ faults }, 'rejected the service keys on disk; the previous ones stay in use');
    } else {
      shown.show(current());
      if (!equal(before, current())) logger.info({ keys: idsOf(current()) }, 'the service keys have changed');
    }
    follower.follow(seen);
  };
  const follower = createFileFollower({ onChange: () => void readAgain() });
  // The files may have changed since they were read for the first time.
  void readAgain();
  return follower;
}
