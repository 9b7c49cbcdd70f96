import { openCluster, type Cluster, type ClusterDescription } from './cluster/cluster.ts';
import type { ControlPlane } from './cluster/start-control-plane.ts';
import type { ComponentName } from './components/catalogue.ts';
import type { Missing } from './components/needs.ts';
import type { CanailleServer } from './servers/start-canaille.ts';
import type { KafkaCluster } from './servers/start-kafka-cluster.ts';
import type { KafkaServer } from './servers/start-kafka.ts';
import type { KeycloakServer } from './servers/start-keycloak.ts';
import type { PebbleServer } from './servers/start-pebble.ts';
import type { PostgresServer } from './servers/start-postgres.ts';
import type { RedisServer } from './servers/start-redis.ts';
import type { VersitygwServer } from './servers/start-versitygw.ts';
import type { ServerHandle } from './servers/server-handle.ts';

/** The addresses and files of a bed as plain data: for a file, another process or a person. */
export type BedDescription = {
  runId: string;
  directory: string;
  redis?: { url: string };
  /** `podBrokers` are its addresses for pods, if the bed has them. */
  kafka?: { brokers: string[]; podBrokers?: string[] };
  kafkaCluster?: { brokers: string[] };
  postgres?: { url: string };
  keycloak?: Pick<KeycloakServer, 'url' | 'admin'>;
  canaille?: { url: string };
  pebble?: Pick<PebbleServer, 'directory' | 'caFile'>;
  versitygw?: Pick<VersitygwServer, 'endpoint' | 'bucket' | 'accessKeyId' | 'secretAccessKey'>;
  cluster?: ClusterDescription;
  programs: Partial<Record<ComponentName, string>>;
  missing: Missing[];
};

/** A running bed. `missing` lists what was requested and is not available, with the reason. */
export type Bed = {
  runId: string;
  directory: string;
  redis?: RedisServer;
  kafka?: KafkaServer;
  kafkaCluster?: KafkaCluster;
  postgres?: PostgresServer;
  keycloak?: KeycloakServer;
  canaille?: CanailleServer;
  pebble?: PebbleServer;
  versitygw?: VersitygwServer;
  cluster?: Cluster & {
    /** The process of the API server, to stop and start it. */
    apiServer: ServerHandle;
    /** Issues certificates that the API server accepts from clients. */
    authority: ControlPlane['keys']['authority'];
  };
  programs: Partial<Record<ComponentName, string>>;
  kubectl?: string;
  helm?: string;
  chromium?: string;
  missing: Missing[];
  /** How many milliseconds each part took to start. */
  timings: Record<string, number>;
  pids(): Record<string, number | undefined>;
  describe(): BedDescription;
  /** Stops everything and leaves nothing behind. May be called twice. */
  stop(): Promise<void>;
};

/** A bed that another process has started and will stop. */
export type AttachedBed = Omit<BedDescription, 'cluster'> & {
  cluster?: Cluster;
  kubectl?: string;
  helm?: string;
  chromium?: string;
};

/** Attaches to a bed from the description of the process that started it. */
export function attachBed(description: BedDescription): AttachedBed {
  const { cluster, programs } = description;
  return {
    ...description,
    ...namedPrograms(programs),
    cluster: cluster && programs.kubectl ? openCluster(cluster, programs.kubectl) : undefined,
  };
}

/** Returns the description of a bed. */
export function describeBed(bed: Omit<Bed, 'describe' | 'stop' | 'pids' | 'timings'>): BedDescription {
  const { runId, directory, redis, kafka, kafkaCluster, postgres, cluster, programs, missing } = bed;
  const { keycloak, canaille, pebble, versitygw } = bed;
  return {
    runId,
    directory,
    ...(redis && { redis: { url: redis.url } }),
    ...(kafka && { kafka: { brokers: kafka.brokers, ...(kafka.podBrokers && { podBrokers: kafka.podBrokers }) } }),
    ...(kafkaCluster && { kafkaCluster: { brokers: kafkaCluster.brokers } }),
    ...(postgres && { postgres: { url: postgres.url } }),
    ...(keycloak && { keycloak: { url: keycloak.url, admin: keycloak.admin } }),
    ...(canaille && { canaille: { url: canaille.url } }),
    ...(pebble && { pebble: { directory: pebble.directory, caFile: pebble.caFile } }),
    ...(versitygw && {
      versitygw: {
        endpoint: versitygw.endpoint,
        bucket: versitygw.bucket,
        accessKeyId: versitygw.accessKeyId,
        secretAccessKey: versitygw.secretAccessKey,
      },
    }),
    ...(cluster && { cluster: describeCluster(cluster) }),
    programs,
    missing,
  };
}

export function namedPrograms(programs: BedDescription['programs']): {
  kubectl?: string;
  helm?: string;
  chromium?: string;
} {
  return { kubectl: programs.kubectl, helm: programs.helm, chromium: programs.chromium };
}

function describeCluster(cluster: ClusterDescription): ClusterDescription {
  const { server, caFile, adminKubeconfig, auditLogFile, node, network } = cluster;
  return { server, caFile, adminKubeconfig, auditLogFile, ...(node && { node }), ...(network && { network }) };
}
