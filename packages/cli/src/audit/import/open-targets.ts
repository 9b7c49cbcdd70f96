import type { CarriedTrail } from '@sallyport/audit-proof';
import type { KafkaConfig } from '@sallyport/contracts';
import type { loadGatewayConfig, PolicyTools } from '../../config/load-gateway-config.ts';
import { parseJson } from '../../input/untrusted.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import type { ImportTarget } from './send-trail.ts';

/** What an import needs of Kafka and of the store. */
export type ImportTargets = ImportTarget & {
  /** Reads the topic to its current end. Calls `onEvent` with the id and the data of each event, which are not trusted. */
  readKnown(onEvent: (id: string, data: unknown) => void): Promise<void>;
  /** Lets the store go on with the checkpoints of the trail. Undefined if the store cannot be written from here. */
  continueCheckpoints?(carried: CarriedTrail): Promise<number>;
  /** The store is the one that was filled from the trail, so it goes on by itself. */
  hasTrail?: boolean;
  close(): Promise<void>;
};

export type LoadedGateway = Awaited<ReturnType<typeof loadGatewayConfig>>;
export type OpenTargets = (loaded: LoadedGateway, tools: PolicyTools, isDryRun: boolean) => Promise<ImportTargets>;

/** Reports whether the broker does not have the topic, however many errors of kafkajs wrap its answer. */
function isUnknownTopic(error: unknown): boolean {
  const { type, cause } = error as { type?: unknown; cause?: unknown };
  return type === 'UNKNOWN_TOPIC_OR_PARTITION' || (cause != null && isUnknownTopic(cause));
}

/** Returns `audit.kafka`. Throws a CliError if there is none. */
export function kafkaOf({ config, file }: LoadedGateway, { usesKafka }: Pick<PolicyTools, 'usesKafka'>): KafkaConfig {
  const { kafka } = config.audit;
  if (usesKafka(kafka)) return kafka;
  throw usageError(`${file} has no audit.kafka`, 'Name the configuration with the Kafka to which the gateway moves.');
}

/** Opens the topic in `audit.kafka` and the store in `audit.store`. A dry run writes to neither. */
export const openTargets: OpenTargets = async (loaded, tools, isDryRun) => {
  const { config, file, resolvePath } = loaded;
  const { store } = config.audit;
  const kafka = kafkaOf(loaded, tools);
  const logger = tools.createLogger({ service: 'audit-import', level: 'silent' });
  const sender = isDryRun ? undefined : tools.createEventSender({ kafka, logger, resolvePath });
  await sender?.opened;
  return {
    async readKnown(onEvent) {
      try {
        await tools.readKafkaAudit({
          kafka,
          resolvePath,
          onMessages(messages) {
            for (const { id, text } of messages) onEvent(id, parseJson(text));
          },
        });
      } catch (error) {
        if (isDryRun && isUnknownTopic(error)) return;
        throw new CliError(
          'unreachable',
          `the audit topic ${kafka.topic} cannot be read from ${kafka.brokers.join(', ')}: ${(error as Error).message}`,
          `Check audit.kafka in ${file}, and that its user may read and write the topic.`,
          { cause: error },
        );
      }
    },
    send: async (records) => sender?.send(records),
    ...(store && 'postgres' in store
      ? {
          async continueCheckpoints(carried) {
            const { continueCheckpoints } = await tools.loadStoredTrail();
            return continueCheckpoints(store.postgres, carried);
          },
        }
      : {}),
    // The embedded store that a single process keeps when its events go to Kafka.
    hasTrail:
      store !== undefined &&
      'embedded' in store &&
      (await tools.loadStoredTrail()).hasDatabase(resolvePath(store.embedded)),
    close: async () => sender?.close(),
  };
};
