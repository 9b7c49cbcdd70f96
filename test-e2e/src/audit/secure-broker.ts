import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTopic } from '@sallyport/audit-log/testing';
import { createCertificateAuthority, startBed, type Bed, type BedNeed, type KafkaSecurity } from '@sallyport/bed';
import kafkajs, { Kafka, logLevel } from 'kafkajs';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

export type SecureBroker = {
  bed: Bed;
  /** The listener with TLS and logins. */
  brokers: string[];
  directory: string;
  /** The CA of the broker, and one that has nothing to do with it. */
  caFile: string;
  foreignCaFile: string;
  stop(): Promise<void>;
};

type Issue = (name: string) => ReturnType<Awaited<ReturnType<typeof createCertificateAuthority>>['issue']>;

/** Starts a broker with TLS and these users, in a bed of its own. They may do nothing until `allow` is called. */
export async function startSecureBroker(options: {
  users: KafkaSecurity['users'];
  need?: readonly BedNeed[];
  /** Starts an issuer of tokens, with a certificate of the same CA, before the broker. */
  tokens?(issue: Issue): Promise<KafkaSecurity['tokens']>;
}): Promise<SecureBroker> {
  const authority = await createCertificateAuthority({ name: 'kafka' });
  const foreign = await createCertificateAuthority({ name: 'foreign' });
  const issue: Issue = (commonName) => authority.issue({ commonName, ipAddresses: ['127.0.0.1'] });
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-kafka-'));
  const [caFile, foreignCaFile] = [path.join(directory, 'ca.crt'), path.join(directory, 'foreign.crt')];
  writeFileSync(caFile, authority.caPem);
  writeFileSync(foreignCaFile, foreign.caPem);
  const tokens = await options.tokens?.(issue);
  const kafkaSecurity = { certificate: await issue('kafka'), users: options.users, ...(tokens ? { tokens } : {}) };
  const bed = await startBed({ need: ['kafka', ...(options.need ?? [])], kafkaSecurity });
  const stop = async () => {
    await bed.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  if (bed.missing.length > 0) {
    await stop();
    throw new Error(`not available: ${JSON.stringify(bed.missing)}`);
  }
  return { bed, brokers: bed.kafka!.secureBrokers!, directory, caFile, foreignCaFile, stop };
}

/** A right: the user, what it is about, and the operation. */
export type Right = [user: string, on: { topic: string } | { group: string }, operation: 'read' | 'write'];

/** Creates the topic with three partitions, and gives users their rights. */
export async function allow({ bed }: SecureBroker, topic: string, rights: readonly Right[]): Promise<void> {
  const admin = new Kafka({ brokers: bed.kafka!.brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await createTopic(admin, { topic, numPartitions: 3 });
  await admin.createAcls({
    acl: rights.map(([user, on, operation]) => ({
      principal: `User:${user}`,
      resourceType: 'topic' in on ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
      resourceName: 'topic' in on ? on.topic : on.group,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      host: '*',
      operation: operation === 'read' ? AclOperationTypes.READ : AclOperationTypes.WRITE,
      permissionType: AclPermissionTypes.ALLOW,
    })),
  });
  await admin.disconnect();
}
