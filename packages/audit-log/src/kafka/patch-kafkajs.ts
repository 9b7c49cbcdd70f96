import { createRequire } from 'node:module';
import { encodeProduce, isPlainProduce, type ProduceParts } from './kafka-produce-encoder.ts';
import { restIdleQueue } from './rest-idle-queue.ts';

const knownVersion = '2.2.4';

/** The modules of kafkajs whose exports are changed. */
export const patchedModules = {
  produce: 'kafkajs/src/protocol/requests/produce/index.js',
  requestQueue: 'kafkajs/src/network/requestQueue/index.js',
} as const;

/** A request inside kafkajs. It reads only these two members of what `encode` returns. */
export type KafkaRequest = { encode(): Promise<{ buf: Buffer; buffer: Buffer }> };

/** The produce requests of kafkajs: `protocol` is asked for the version that the broker supports, at each request. */
export type ProduceModule = {
  protocol: ((at: { version: number }) => (parts: ProduceParts) => { request: KafkaRequest; response: unknown }) & {
    isPatched?: true;
  };
};

/** The first version with record batches. The later ones of kafkajs have the same bytes. */
const firstVersion = 3;

/** Encodes produce requests of the kind that the audit log sends with our own encoder. */
function patchProduce(produce: ProduceModule): void {
  const original = produce.protocol;
  if (original.isPatched) return;
  const protocol: ProduceModule['protocol'] = ({ version }) => {
    const build = original({ version });
    if (version < firstVersion) return build;
    return (parts) => {
      const built = build(parts);
      if (!isPlainProduce(parts)) return built;
      const encode = async () => {
        const buffer = encodeProduce(parts, Date.now());
        return { buf: buffer, buffer };
      };
      return { ...built, request: { ...built.request, encode } };
    };
  };
  produce.protocol = Object.assign(protocol, { isPatched: true as const });
}

/**
 * Gives kafkajs our own encoder of produce requests, and its queue of requests no idle timer. The encoder of kafkajs takes
 * most of the CPU time of a send: a zeroed half-kilobyte buffer for every field of every record, several copies of every
 * batch, and a checksum byte by byte. Tests compare the bytes with those of kafkajs.
 *
 * Nothing is patched in any other version of kafkajs, or if its files cannot be found. Returns a function that reports
 * whether a copy of kafkajs is the one that is patched: a bundle has its own.
 */
export function patchKafkajs(): (copy: { Kafka: unknown }) => boolean {
  const load = createRequire(import.meta.url);
  try {
    if ((load('kafkajs/package.json') as { version: string }).version !== knownVersion) return () => false;
    restIdleQueue(load(patchedModules.requestQueue) as Parameters<typeof restIdleQueue>[0]);
    patchProduce(load(patchedModules.produce) as ProduceModule);
    const { Kafka } = load('kafkajs') as { Kafka: unknown };
    return (copy) => copy.Kafka === Kafka;
  } catch {
    return () => false;
  }
}
