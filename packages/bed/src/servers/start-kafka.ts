import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../run/command.ts';
import { freePort } from '../run/free-port.ts';
import { ManagedProcess } from '../run/managed-process.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';
import { archiveKafkaClasses, kafkaJavaFlags } from './kafka-classes.ts';
import { scramArguments, securityFlags, securityProperties, type KafkaSecurity } from './kafka-security.ts';
import { serverHandle, type ServerHandle } from './server-handle.ts';

export type KafkaServer = ServerHandle & {
  brokers: string[];
  port: number;
  /** The brokers for clients that log in over TLS, if the server was started with `security`. */
  secureBrokers?: string[];
  /** The brokers for pods, if the server was started with `podAddress`. */
  podBrokers?: string[];
};

type KafkaPrograms = { run: Run; java: string; jars: string };

const CLUSTER_ID = 'c2FsbHlwb3J0LWJlZC0wMQ';

/** Starts a Kafka broker that is its own controller (KRaft) on free loopback ports. Topics are created on first use. */
export async function startKafka(
  options: KafkaPrograms & {
    /** Adds a listener with TLS and logins, and lets those users do only what rules allow. */
    security?: KafkaSecurity;
    /** Adds a listener for pods on this address. */
    podAddress?: string | undefined;
  },
): Promise<KafkaServer> {
  const { run, security, podAddress } = options;
  const name = security ? 'secure-kafka' : 'kafka';
  const directory = componentDirectory(run, name);
  const [port, controllerPort, securePort] = [
    await freePort(),
    await freePort(),
    security ? await freePort() : undefined,
  ];
  const podBroker = podAddress && `${podAddress}:${await freePort(podAddress)}`;
  await prepareKafka(options);
  const listeners = { port, controllerPort, securePort, podBroker };
  const server = await createBroker({ ...options, name, directory, listeners });
  await server.start();
  const secure = securePort === undefined ? {} : { secureBrokers: [`127.0.0.1:${securePort}`] };
  const forPods = podBroker ? { podBrokers: [podBroker] } : {};
  return { ...serverHandle(server), brokers: [`127.0.0.1:${port}`], port, ...secure, ...forPods };
}

/** Makes later starts faster. Only the first call on a machine takes time, that of a broker's start and end. */
export async function prepareKafka(programs: KafkaPrograms): Promise<void> {
  const { run, java, jars } = programs;
  await archiveKafkaClasses(java, jars, async (directory, flag) => {
    const listeners = { port: await freePort(), controllerPort: await freePort() };
    // It writes the archive when it has ended.
    const ending = { flags: [flag], graceMs: 120_000 };
    const server = await createBroker({ run, java, jars, name: 'kafka-classes', directory, listeners, ...ending });
    await server.start();
    await server.stop();
    rmSync(path.join(directory, 'data'), { recursive: true });
  });
}

/** Writes the properties of a broker, prepares its data directory and returns its process, which is not started yet. */
export async function createBroker(
  options: KafkaPrograms & {
    name: string;
    directory: string;
    listeners: Omit<KafkaProperties, 'dataDirectory'>;
    heapMegabytes?: number;
    security?: KafkaSecurity | undefined;
    flags?: readonly string[];
    graceMs?: number;
  },
): Promise<ManagedProcess> {
  const { run, name, java, jars, directory, listeners, security, heapMegabytes = 256 } = options;
  const { flags = security ? securityFlags(security) : [], graceMs = 15_000 } = options;
  const properties = path.join(directory, 'server.properties');
  writeFileSync(
    properties,
    kafkaProperties({ ...listeners, dataDirectory: path.join(directory, 'data') }) +
      (security ? propertyLines(securityProperties(directory, security)) : ''),
    { mode: 0o600 },
  );
  const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', properties];
  const users = security ? scramArguments(security) : [];
  await runCommand(java, [...kafkaJavaFlags(java, jars), ...format, ...users]);
  const server: ManagedProcess = new ManagedProcess({
    run,
    name,
    program: java,
    cwd: directory,
    args: [`-Xmx${heapMegabytes}m`, ...kafkaJavaFlags(java, jars), ...flags, 'kafka.Kafka', properties],
    // Its port accepts connections long before they are served.
    ready: () => server.log().includes('Kafka Server started'),
    readyTimeoutMs: 60_000,
    graceMs,
  });
  return server;
}

type KafkaProperties = {
  port: number;
  controllerPort: number;
  securePort?: number | undefined;
  podBroker?: string | undefined;
  dataDirectory: string;
  /** The number of this broker, and all controllers, if it is not alone. */
  id?: number;
  voters?: string;
  /** How many brokers have a copy of a partition. All but one of them must have a write. */
  replicas?: number;
};

export function kafkaProperties(options: KafkaProperties): string {
  const { port, controllerPort, securePort, podBroker, dataDirectory, id = 1, replicas = 1 } = options;
  const { voters = `${id}@127.0.0.1:${controllerPort}` } = options;
  const copies = String(replicas);
  const inSync = String(Math.max(1, replicas - 1));
  const clients = [
    `PLAINTEXT://127.0.0.1:${port}`,
    ...(securePort === undefined ? [] : [`SASL_SSL://127.0.0.1:${securePort}`]),
    ...(podBroker === undefined ? [] : [`PODS://${podBroker}`]),
  ].join(',');
  return propertyLines({
    'process.roles': 'broker,controller',
    'node.id': String(id),
    'controller.quorum.voters': voters,
    listeners: `${clients},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': clients,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,PODS:PLAINTEXT',
    'log.dirs': dataDirectory,
    'default.replication.factor': copies,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': inSync,
    // The default of 128 MiB is half of the heap, with which the start sometimes fails on a busy machine.
    'log.cleaner.dedupe.buffer.size': String(16 * 1024 * 1024),
    // A consumer that joins alone does not have to wait for others.
    'group.initial.rebalance.delay.ms': '0',
  });
}

/** Returns the lines of a properties file. */
function propertyLines(properties: Record<string, string>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('');
}
