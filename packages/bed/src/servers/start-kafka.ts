import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../run/command.ts';
import { freePort } from '../run/free-port.ts';
import { ManagedProcess } from '../run/managed-process.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';
import { serverHandle, type ServerHandle } from './server-handle.ts';

export type KafkaServer = ServerHandle & { brokers: string[]; port: number };

export type StartKafkaOptions = { run: Run; java: string; jars: string; heapMegabytes?: number };

const CLUSTER_ID = 'c2FsbHlwb3J0LWJlZC0wMQ';

/** Starts a Kafka broker that is its own controller (KRaft) on free loopback ports. Topics are created on first use. */
export async function startKafka(options: StartKafkaOptions): Promise<KafkaServer> {
  const directory = componentDirectory(options.run, 'kafka');
  const [port, controllerPort] = [await freePort(), await freePort()];
  const properties = path.join(directory, 'server.properties');
  writeFileSync(properties, kafkaProperties({ port, controllerPort, dataDirectory: path.join(directory, 'data') }));
  const classPath = path.join(options.jars, '*');
  // Only the fast compiler: the optimizing one does not pay off for a broker that runs for minutes.
  const flags = ['-XX:TieredStopAtLevel=1', '-Xshare:auto', '-cp', classPath];
  await runCommand(options.java, [...flags, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', properties]);
  const server: ManagedProcess = new ManagedProcess({
    run: options.run,
    name: 'kafka',
    program: options.java,
    cwd: directory,
    args: [`-Xmx${options.heapMegabytes ?? 256}m`, ...flags, 'kafka.Kafka', properties],
    // Its port accepts connections long before they are served.
    ready: () => server.log().includes('Kafka Server started'),
    readyTimeoutMs: 60_000,
    graceMs: 15_000,
  });
  await server.start();
  return { ...serverHandle(server), brokers: [`127.0.0.1:${port}`], port };
}

export function kafkaProperties(options: { port: number; controllerPort: number; dataDirectory: string }): string {
  const { port, controllerPort, dataDirectory } = options;
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': dataDirectory,
    // There is only one broker for all replicas.
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    // The default of 128 MiB is half of the heap, with which the start sometimes fails on a busy machine.
    'log.cleaner.dedupe.buffer.size': String(16 * 1024 * 1024),
    // A consumer that joins alone does not have to wait for others.
    'group.initial.rebalance.delay.ms': '0',
  })
    .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('');
}
