import { describeBed, namedPrograms, type Bed } from './bed.ts';
import type { Programs } from './components/catalogue.ts';
import { ensureComponents, type Components } from './components/ensure-components.ts';
import { openCluster } from './cluster/cluster.ts';
import { startControlPlane, type ControlPlane } from './cluster/start-control-plane.ts';
import { componentsOf, unmetNeeds, defaultNeeds, type BedNeed, type Missing } from './components/needs.ts';
import { nodeObstacle, serviceObstacle } from './node/node-obstacle.ts';
import { prepareNode, type NodePlace } from './node/prepare-node.ts';
import { startNode, type ClusterNode } from './node/start-node.ts';
import type { Progress } from './run/progress.ts';
import { runDirectory, type Run } from './run/run-directory.ts';
import { removeRun } from './run/stale-runs.ts';
import { startCanaille } from './servers/start-canaille.ts';
import type { KafkaSecurity } from './servers/kafka-security.ts';
import { startKafkaCluster } from './servers/start-kafka-cluster.ts';
import { startKafka } from './servers/start-kafka.ts';
import { startKeycloak } from './servers/start-keycloak.ts';
import { startPebble, type PebbleOptions } from './servers/start-pebble.ts';
import { startPostgres } from './servers/start-postgres.ts';
import { startRedis } from './servers/start-redis.ts';
import { startVersitygw } from './servers/start-versitygw.ts';
import { removeNodeRemains } from './node/node-remains.ts';
import { sweep } from './sweep.ts';

export type StartBedOptions = {
  /** The default is `defaultNeeds`. */
  need?: readonly BedNeed[];
  /** Where the directory of the run is created. The default is a per-user directory in the temporary directory. */
  runDir?: string;
  /** TLS, logins and rights of Kafka, on a listener of its own. */
  kafkaSecurity?: KafkaSecurity;
  /** Where Pebble looks for challenges, and what it issues. */
  pebble?: PebbleOptions;
  /** A kubeconfig of where the API server sends its audit events, in addition to its file. */
  auditWebhookFile?: string;
  cacheDirectory?: string;
  onProgress?: Progress;
  /** Aborts: what has started is stopped, and the promise rejects. */
  signal?: AbortSignal;
};

type Paths = Components['paths'];
type Starting = {
  run: Run;
  paths: Paths;
  kafkaSecurity?: KafkaSecurity;
  pebble?: PebbleOptions;
  auditWebhookFile?: string;
  onProgress?: Progress;
  timings: Record<string, number>;
  stops: (() => Promise<void>)[];
};

/**
 * Starts the requested components, each on free loopback ports and in its own directory. First removes what crashed runs
 * left behind, then builds and installs what is missing, which takes about ten minutes the first time and is reported. If
 * a component fails to start, stops everything and rejects.
 */
export async function startBed(options: StartBedOptions = {}): Promise<Bed> {
  const { onProgress } = options;
  const wanted = [...new Set(options.need ?? defaultNeeds)];
  await sweep({ base: options.runDir, onProgress });
  const components = await ensureComponents([...new Set(wanted.flatMap((need) => componentsOf(need)))], options);
  const missing = [...unmetNeeds(wanted, components), ...(await nodeMissing(wanted, components))];
  const met = wanted.filter((need) => !missing.some((each) => each.missing === need));
  options.signal?.throwIfAborted();
  const run = runDirectory(options.runDir);
  const starting: Starting = {
    run,
    paths: components.paths,
    kafkaSecurity: options.kafkaSecurity,
    pebble: options.pebble,
    auditWebhookFile: options.auditWebhookFile,
    onProgress,
    timings: {},
    stops: [],
  };
  const stop = createStop(starting);
  try {
    const parts = await startParts(starting, met, wanted, missing);
    options.signal?.throwIfAborted();
    const bed = {
      runId: run.id,
      directory: run.directory,
      ...parts.servers,
      ...(parts.kafkaCluster ? { kafkaCluster: parts.kafkaCluster } : {}),
      ...parts.cluster?.part,
      programs: components.paths,
      ...namedPrograms(components.paths),
      missing,
    };
    const pids = (): Record<string, number | undefined> => ({
      ...Object.fromEntries(
        Object.entries({ ...parts.servers, ...parts.brokers }).map(([name, server]) => [name, server?.pid()]),
      ),
      ...parts.cluster?.pids(),
    });
    return { ...bed, timings: starting.timings, pids, describe: () => describeBed(bed), stop };
  } catch (error) {
    await stop().catch((failure: Error) => onProgress?.(`cleanup failed too: ${failure.message}`));
    throw error;
  }
}

// Waits for every part even if one fails, so that nothing is still starting while it is being stopped.
async function startParts(
  starting: Starting,
  met: readonly BedNeed[],
  wanted: readonly BedNeed[],
  missing: readonly Missing[],
) {
  const { run, paths, kafkaSecurity: security } = starting;
  const withNode = met.includes('node') || met.includes('pods');
  const place = withNode ? await timed(starting, 'network', () => preparePlace(starting, met)) : undefined;
  const podAddress = place?.services?.hostAddress;
  // If the node is not possible, the control plane can still start.
  const plane =
    withNode ||
    met.includes('cluster') ||
    (wanted.some((need) => need === 'node' || need === 'pods') && controlPlanePossible(paths, missing));
  const [redis, kafka, kafkaCluster, postgres, keycloak, canaille, pebble, versitygw, cluster] = await settled([
    met.includes('redis')
      ? timed(starting, 'redis', () => startRedis({ run, program: paths.redis!, podAddress }))
      : undefined,
    met.includes('kafka')
      ? timed(starting, 'kafka', () => startKafka({ run, java: paths.java!, jars: paths.kafka!, security, podAddress }))
      : undefined,
    met.includes('kafka-brokers')
      ? timed(starting, 'kafka-brokers', () =>
          startKafkaCluster({ run, java: paths.java!, jars: paths.kafka!, security }),
        )
      : undefined,
    met.includes('postgres')
      ? timed(starting, 'postgres', () => startPostgres({ run, program: paths.postgres!, podAddress }))
      : undefined,
    met.includes('keycloak')
      ? timed(starting, 'keycloak', () => startKeycloak({ run, java: paths.java!, directory: paths.keycloak! }))
      : undefined,
    met.includes('canaille')
      ? timed(starting, 'canaille', () => startCanaille({ run, python: paths.canaille! }))
      : undefined,
    met.includes('pebble')
      ? timed(starting, 'pebble', () => startPebble({ run, programs: paths as Programs, ...starting.pebble }))
      : undefined,
    met.includes('versitygw')
      ? timed(starting, 'versitygw', () => startVersitygw({ run, program: paths.versitygw! }))
      : undefined,
    plane ? startCluster(starting, place) : undefined,
  ] as const);
  const brokers = Object.fromEntries((kafkaCluster?.nodes ?? []).map((node) => [`kafka-${node.id}`, node]));
  return { servers: { redis, kafka, postgres, keycloak, canaille, pebble, versitygw }, brokers, kafkaCluster, cluster };
}

function preparePlace({ run, paths, onProgress }: Starting, met: readonly BedNeed[]): Promise<NodePlace> {
  return prepareNode({ run, ip: paths.ip!, services: met.includes('pods'), onProgress });
}

async function startCluster(starting: Starting, place: NodePlace | undefined) {
  const { run, paths, auditWebhookFile } = starting;
  const podAddress = place?.services?.hostAddress;
  const programs = paths as Programs;
  const plane: ControlPlane = await timed(starting, 'cluster', () =>
    startControlPlane({ run, programs, auditWebhookFile, podAddress }),
  );
  const node: ClusterNode | undefined =
    place && (await timed(starting, 'node', () => startNode({ run, programs, controlPlane: plane, place })));
  const { server, caFile, adminKubeconfig, auditLogFile } = plane;
  const description = {
    server,
    caFile,
    adminKubeconfig,
    auditLogFile,
    ...(node && { node: { name: node.name, image: node.image, images: node.images } }),
    ...(place?.services && { network: { host: place.services.hostAddress, node: place.address } }),
  };
  const cluster = {
    ...openCluster(description, paths.kubectl!),
    apiServer: plane.apiServer,
    authority: plane.keys.authority,
  };
  return { part: { cluster }, pids: () => ({ ...plane.pids(), ...node?.pids() }) };
}

async function timed<T extends { stop(): Promise<void> }>(
  starting: Starting,
  name: string,
  start: () => Promise<T>,
): Promise<T> {
  const began = performance.now();
  starting.onProgress?.(`starting ${name}`);
  const part = await start();
  starting.stops.push(() => part.stop());
  starting.timings[name] = Math.round(performance.now() - began);
  starting.onProgress?.(`${name} is ready after ${(starting.timings[name] / 1000).toFixed(1)} s`);
  return part;
}

async function settled<T extends readonly unknown[]>(parts: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(parts);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    -readonly [K in keyof T]: Awaited<T[K]>;
  };
}

// The most recent first: the node before the control plane that it reports to.
function createStop({ run, stops }: Starting): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const each of stops.toReversed()) await each().catch((error: unknown) => failures.push(error));
    await removeRun(run, removeNodeRemains);
    if (failures.length > 0) throw new AggregateError(failures, 'some components of the bed did not stop cleanly');
  };
  return () => (stopping ??= stop());
}

async function nodeMissing(wanted: readonly BedNeed[], { paths, missing }: Components): Promise<Missing[]> {
  const nodes = (['node', 'pods'] as const).filter(
    (need) => wanted.includes(need) && !missing.some((each) => componentsOf(need).includes(each.missing)),
  );
  if (nodes.length === 0 || !paths.ip) return [];
  const obstacle = await nodeObstacle(paths.ip);
  if (obstacle) return nodes.map((need) => ({ missing: need, ...obstacle }));
  const without = nodes.includes('pods') ? await serviceObstacle(paths.iptables!) : undefined;
  return without ? [{ missing: 'pods', ...without }] : [];
}

function controlPlanePossible(paths: Paths, missing: readonly Missing[]): boolean {
  return (
    !missing.some((each) => each.missing === 'cluster') &&
    componentsOf('cluster').every((name) => paths[name] !== undefined)
  );
}
