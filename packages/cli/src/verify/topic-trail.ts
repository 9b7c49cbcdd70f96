import path from 'node:path';
import type { Environment } from '../environment/environment.ts';
import { loadGatewayConfig } from '../config/load-gateway-config.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { TrailSource } from './trail-source.ts';

const waiting = 1000;

/** Reads a trail from the topic that `audit.kafka` of a configuration names, up to its current end. */
export function topicTrail(environment: Environment, named: string | undefined): TrailSource {
  return async (verifier, onRead) => {
    const { readKafkaAudit } = await import('../config/gateway-config.ts');
    const { config, file } = await loadGatewayConfig(environment, named);
    const { kafka } = config.audit;
    if ('memory' in kafka)
      throw new CliError('usage', `${file} has no audit.kafka`, 'Name the configuration of a gateway that uses Kafka.');
    const begun = new Map<number, { offset: number; time: string }>();
    try {
      await readKafkaAudit({
        kafka,
        resolvePath: (name) => path.resolve(path.dirname(file), name),
        async onMessages(messages) {
          for (const { partition, offset, id, type, time, text } of messages) {
            const place = { source: `${kafka.topic}/${partition}`, position: offset };
            if (!begun.has(partition)) begun.set(partition, { offset, time });
            let data: unknown;
            try {
              data = JSON.parse(text);
            } catch {
              verifier.addUnreadable(text, place, 'the value is not JSON');
              continue;
            }
            verifier.add({ id, type, time, data, place, text });
          }
          onRead(messages.length);
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
