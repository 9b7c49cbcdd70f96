// Builds, caches, starts and stops the real components (a Kubernetes node, Redis, Kafka, PostgreSQL) that whole-system
// tests run against.
export {
  createCertificateAuthority,
  type CertificateAuthority,
  type CertificateRequest,
  type IssuedCertificate,
} from './certificates/certificate-authority.ts';
export { startBed, type StartBedOptions } from './start-bed.ts';
export { attachBed, type AttachedBed, type Bed, type BedDescription } from './bed.ts';
export type { BedNeed, Missing } from './components/needs.ts';
export { sweep } from './sweep.ts';
export type { Components, EnsureOptions } from './components/ensure-components.ts';
export type { ComponentName, MissingComponent } from './components/catalogue.ts';
export type { RedisServer } from './servers/start-redis.ts';
export type { KafkaSecurity } from './servers/kafka-security.ts';
export type { KafkaServer } from './servers/start-kafka.ts';
export type { KafkaCluster, KafkaNode } from './servers/start-kafka-cluster.ts';
export type { PostgresServer } from './servers/start-postgres.ts';
export type { KeycloakServer } from './servers/start-keycloak.ts';
export type { CanailleServer } from './servers/start-canaille.ts';
export type { PebbleOptions, PebbleServer } from './servers/start-pebble.ts';
export type { VersitygwServer } from './servers/start-versitygw.ts';
export type { EtcdServer } from './servers/start-etcd.ts';
export type { ServerHandle } from './servers/server-handle.ts';
export type { ControlPlane } from './cluster/start-control-plane.ts';
export type { Cluster, ClusterDescription } from './cluster/cluster.ts';
export type { GatewayServiceAccount, GatewayServiceAccountOptions } from './cluster/gateway-service-account.ts';
export { kubeconfig } from './cluster/kubeconfig.ts';
export type { Kubectl } from './cluster/kubectl.ts';
export type { ClusterNode } from './node/start-node.ts';
export { buildServerImage } from './images/build-server-image.ts';
export { quantile, startSteadyLoad, type SteadyLoad } from './steady-load.ts';
export { freePort } from './run/free-port.ts';
export type { Run } from './run/run-directory.ts';
export { waitUntil } from './run/wait.ts';
export type { CommandOptions, CommandResult } from './run/command.ts';
export type { Progress } from './run/progress.ts';
