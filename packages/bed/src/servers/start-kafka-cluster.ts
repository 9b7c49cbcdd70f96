import { freePort } from '../run/free-port.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';
import type { KafkaSecurity } from './kafka-security.ts';
import { createBroker, prepareKafka } from './start-kafka.ts';
import { serverHandle, type ServerHandle } from './server-handle.ts';

/** One broker of a cluster. It is also one of the controllers. */
export type KafkaNode = ServerHandle & { id: number; broker: string };

/**
 * Three brokers with a copy of every partition on each. A write needs two of them, so any one may be lost.
 */
export type KafkaCluster = {
  brokers: string[];
  /** The brokers for clients that log in over TLS, if the cluster was started with `security`. */
  secureBrokers: string[];
  nodes: KafkaNode[];
  stop(): Promise<void>;
};

const count = 3;

/**
 * Starts three Kafka brokers that are also the controllers (KRaft), on free loopback ports. Each has a heap of
 * 128 MB, which is enough for a few topics with small events.
 */
export async function startKafkaCluster(options: {
  run: Run;
  java: string;
  jars: string;
  security?: KafkaSecurity;
}): Promise<KafkaCluster> {
  const { run, security } = options;
  await prepareKafka(options);
  const ids = Array.from({ length: count }, (_, at) => at + 1);
  const ports = new Map<number, { port: number; controllerPort: number; securePort?: number }>();
  for (const id of ids) {
    const secure = security ? { securePort: await freePort() } : {};
    ports.set(id, { port: await freePort(), controllerPort: await freePort(), ...secure });
  }
  const voters = ids.map((id) => `${id}@127.0.0.1:${ports.get(id)!.controllerPort}`).join(',');
  const nodes = await Promise.all(
    ids.map(async (id) => {
      const name = `kafka-${id}`;
      const directory = componentDirectory(run, name);
      const listeners = { ...ports.get(id)!, id, voters, replicas: count };
      const server = await createBroker({ ...options, name, directory, listeners, heapMegabytes: 128 });
      return { id, server, broker: `127.0.0.1:${ports.get(id)!.port}` };
    }),
  );
  const stop = async () => {
    await Promise.all(nodes.map(({ server }) => server.stop()));
  };
  try {
    // Together: one alone waits for the majority of the controllers.
    await Promise.all(nodes.map(({ server }) => server.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    brokers: nodes.map(({ broker }) => broker),
    secureBrokers: [...ports.values()].flatMap(({ securePort }) => (securePort ? [`127.0.0.1:${securePort}`] : [])),
    nodes: nodes.map(({ id, broker, server }) => ({ ...serverHandle(server), id, broker })),
    stop,
  };
}
