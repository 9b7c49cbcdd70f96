import { parseJson } from '../../input/untrusted.ts';
import path from 'node:path';
import type { TrailEvent, AbsentPeriod, Verifier } from '@sallyport/audit-proof';
import type { Environment } from '../../environment/environment.ts';
import { loadGatewayConfig } from '../../config/load-gateway-config.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';

/** What reading a trail showed besides its events. */
export type ReadTrail = {
  /** The time from which on all sources are there, if some begin later than others. */
  since?: string;
  /** Why the trail begins there, as the beginning of a sentence. */
  because?: string;
  /** Periods after that whose events were deleted as they should be. */
  absent?: readonly AbsentPeriod[];
  /** Why the source cannot be verified, because it does not contain all events. */
  filtered?: string;
};

/** Reads a trail into a verifier. Calls `onRead` with the number of events of each batch. */
export type TrailSource = (verifier: Verifier, onRead: (count: number) => void) => Promise<ReadTrail>;

const waiting = 1000;

/** An event of the topic, with the text of its data. `data` is undefined if the text is not JSON. */
type TopicEvent = TrailEvent & { text: string };

/** Reads the topic that `audit.kafka` of a configuration names, up to its current end. */
export async function readTopic(
  environment: Environment,
  named: string | undefined,
  onEvents: (events: TopicEvent[]) => void,
): Promise<void> {
  const { readKafkaAudit, usesKafka } = await import('../../config/gateway-config.ts');
  const { config, file } = await loadGatewayConfig(environment, named);
  const { kafka } = config.audit;
  if (!usesKafka(kafka))
    throw usageError(`${file} has no audit.kafka`, 'Name the configuration of a gateway that uses Kafka.');
  try {
    await readKafkaAudit({
      kafka,
      resolvePath: (name) => path.resolve(path.dirname(file), name),
      async onMessages(messages) {
        onEvents(
          messages.map(({ partition, offset, ...message }) => ({
            ...message,
            data: parseJson(message.text),
            place: { source: `${kafka.topic}/${partition}`, position: offset },
          })),
        );
      },
    });
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(
      'unreachable',
      `the audit topic ${kafka.topic} cannot be read from ${kafka.brokers.join(', ')}: ${(error as Error).message}`,
      `Check audit.kafka in ${file}, and that you may read the topic.`,
      { cause: error },
    );
  }
}

export function topicTrail(environment: Environment, named: string | undefined): TrailSource {
  return async (verifier, onRead) => {
    const begun = new Map<string, { offset: number; time: string }>();
    await readTopic(environment, named, (events) => {
      for (const event of events) {
        const { place, time, text, data } = event;
        if (!begun.has(place.source)) begun.set(place.source, { offset: place.position, time });
        if (data === undefined) verifier.addUnreadable(text, place, 'the value is not JSON');
        else verifier.add(event);
      }
      onRead(events.length);
    });
    // Kafka deletes old messages of each partition on its own. What it deleted is not demanded of the others.
    const cut = [...begun.values()].filter(({ offset }) => offset > 0).map(({ time }) => time);
    const since = cut.toSorted((one, other) => Date.parse(other) - Date.parse(one))[0];
    return since === undefined || Number.isNaN(Date.parse(since))
      ? {}
      : { since: later(since), because: 'Kafka deleted old messages' };
  };
}

/** Events that happened at the same time may be in any partition. */
const later = (time: string): string => new Date(Date.parse(time) + waiting).toISOString();
