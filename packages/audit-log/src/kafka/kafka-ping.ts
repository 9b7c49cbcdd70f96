import type { Admin, Kafka } from 'kafkajs';
import { kafkaRetry } from './kafka-client.ts';
import { withDeadline } from '@sallyport/kit';

const pingTimeoutMs = 900;

/** Creates a ping that asks a broker for the topic over its own connection, which is kept until it fails. */
export function createKafkaPing(
  kafka: Promise<Kafka>,
  topic: string,
): { ping(): Promise<void>; close(): Promise<void> } {
  let admin: Admin | undefined;
  const ask = async (): Promise<void> => {
    if (!admin) {
      admin = (await kafka).admin({ retry: kafkaRetry });
      await admin.connect();
    }
    await admin.fetchTopicMetadata({ topics: [topic] });
  };
  const close = async (): Promise<void> => {
    const old = admin;
    admin = undefined;
    await old?.disconnect().catch(() => undefined);
  };
  return {
    close,
    async ping() {
      try {
        await withDeadline(ask(), pingTimeoutMs, () => new Error('Kafka did not answer'));
      } catch (error) {
        void close();
        throw error;
      }
    },
  };
}
