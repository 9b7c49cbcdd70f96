import { withDeadline } from '@sallyport/kit';
import type { Producer } from 'kafkajs';
import type { AuditMessage } from './audit-message.ts';
import { createPartitioner } from './create-partitioner.ts';
import { ensureTopic } from './ensure-topic.ts';
import { explainKafkaError } from './explain-kafka-error.ts';
import {
  createKafkaClient,
  kafkaRetry,
  requestTimeoutMs,
  warnOfConnection,
  type KafkaClientDeps,
} from './kafka-client.ts';
import { UndeliverableError, needsNewProducer, refusalOf } from './kafka-errors.ts';
import { createKafkaPing } from './kafka-ping.ts';

/** Sends batches to one topic. Keeps a producer, and replaces it when it cannot recover. */
export type KafkaSender = {
  send(messages: AuditMessage[]): Promise<void>;
  /** Resolves when the first attempt to connect has ended, whether or not Kafka answered. Takes 5 s at most. */
  opened: Promise<void>;
  /** Resolves if a broker currently answers for the topic. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

const failuresBeforeNewProducer = 4;
/** Longer than the two attempts of kafkajs can take. A call that is still pending after this will never end. */
const stuckAfterMs = 4 * requestTimeoutMs;
const firstAttemptMs = 5000;

type KafkaClient = Awaited<ReturnType<typeof createKafkaClient>>;

async function openProducer({ client }: KafkaClient, deps: KafkaClientDeps): Promise<Producer> {
  const producer = client.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner,
    retry: kafkaRetry,
  });
  try {
    await producer.connect();
    await ensureTopic(client, deps.kafka.topic, deps.logger);
    return producer;
  } catch (error) {
    void producer.disconnect().catch(() => undefined);
    throw error;
  }
}

/** Creates a sender and starts to connect. Kafka does not have to be up yet. */
export function createKafkaSender(deps: KafkaClientDeps): KafkaSender {
  const { topic } = deps.kafka;
  warnOfConnection(deps);
  const kafka = createKafkaClient(deps);
  const client = kafka.then((made) => made.client);
  // Sending and pinging report the failure. Until then it must not count as unhandled.
  client.catch(() => undefined);
  const pinger = createKafkaPing(client, topic);
  let producer: Producer | undefined;
  let opening: Promise<Producer> | undefined;
  let failures = 0;
  let closed = false;

  const open = async (): Promise<Producer> => {
    try {
      const made = await openProducer(await kafka, deps);
      if (closed) void made.disconnect().catch(() => undefined);
      return made;
    } finally {
      opening = undefined;
    }
  };
  const ready = async (): Promise<Producer> => {
    producer ??= await (opening ??= open());
    return producer;
  };
  const attempt = async (given: AuditMessage[]): Promise<void> => {
    const [{ sendBatch }, { isPatched }] = await Promise.all([ready(), kafka]);
    const messages = isPatched ? given : given.map((message) => message.toPlain());
    await sendBatch({ acks: -1, timeout: requestTimeoutMs - 500, topicMessages: [{ topic, messages }] });
  };
  const discard = (): Promise<void> | undefined => {
    const old = producer;
    [producer, failures] = [undefined, 0];
    return old?.disconnect().catch(() => undefined);
  };
  // Connects ahead of time, so that the first request that waits for an acknowledgement does not wait for this too.
  const opened = withDeadline(ready(), firstAttemptMs, () => new Error('Kafka did not answer')).then(
    () => undefined,
    () => undefined,
  );
  return {
    opened,
    async send(messages) {
      try {
        await withDeadline(attempt(messages), stuckAfterMs, () => new Error('Kafka did not answer'));
        failures = 0;
      } catch (error) {
        failures += 1;
        // Not awaited: a stuck producer would delay its replacement.
        if (needsNewProducer(error) || failures >= failuresBeforeNewProducer) void discard();
        const refusal = refusalOf(error);
        if (refusal !== undefined)
          throw new UndeliverableError(`Kafka refuses the event: ${refusal}`, { cause: error });
        throw explainKafkaError(error, deps.kafka, 'Write');
      }
    },
    ping: () => pinger.ping(),
    async close() {
      closed = true;
      await withDeadline(
        Promise.allSettled([discard(), pinger.close()]),
        1000,
        () => new Error('Kafka did not answer'),
      ).catch(() => undefined);
    },
  };
}
