import { CliError } from '../../terminal/cli-error.ts';
import type { PolicyTools } from '../../config/policy-tools.ts';
import type { EventSource } from './file-source.ts';

type KafkaConfig = Parameters<PolicyTools['readKafkaAudit']>[0]['kafka'];

/** Reads events from the audit topic, up to its current end. `since` is in milliseconds since the epoch. */
export function kafkaSource(
  kafka: KafkaConfig,
  options: { since: number | undefined; resolvePath?: (file: string) => string },
  { readKafkaAudit }: Pick<PolicyTools, 'readKafkaAudit'>,
): EventSource {
  return async (take) => {
    try {
      await readKafkaAudit({
        kafka,
        ...(options.since === undefined ? {} : { since: options.since }),
        ...(options.resolvePath === undefined ? {} : { resolvePath: options.resolvePath }),
        onEvents: take,
      });
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw new CliError(
        'unreachable',
        `the audit topic ${kafka.topic} cannot be read from ${kafka.brokers.join(', ')}: ${(error as Error).message}`,
        'Check the brokers, the topic (--topic), and that you may read it. For TLS and SASL, use --kafka without brokers: it reads audit.kafka of the configuration.',
        { cause: error },
      );
    }
  };
}

/** Reads brokers, separated by commas. Throws a CliError. */
export function readBrokers(text: string): string[] {
  const brokers = text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const wrong = brokers.find((one) => !/^[^\s/]+:\d{1,5}$/.test(one));
  if (brokers.length === 0 || wrong !== undefined)
    throw new CliError('usage', `"${wrong ?? text}" is not a broker`, 'Write --kafka kafka-1:9092,kafka-2:9092.');
  return brokers;
}
