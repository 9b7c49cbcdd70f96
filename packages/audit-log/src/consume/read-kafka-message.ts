import type { IHeaders, KafkaMessage } from 'kafkajs';
import { checkEvent, type ReadEvent } from './check-event.ts';

function header(headers: IHeaders | undefined, name: string): string | undefined {
  const value = headers?.[name];
  return value === undefined || Array.isArray(value) ? undefined : value.toString();
}

/**
 * Reads an event from a Kafka message (CloudEvents 1.0, binary mode) and checks its shape. Members and event types that
 * this version does not know are kept, because producers may be newer than consumers.
 */
export function readKafkaMessage(message: Pick<KafkaMessage, 'key' | 'value' | 'headers'>): ReadEvent {
  const { headers, key, value } = message;
  if (!value) return { fault: 'it has no value' };
  let data: unknown;
  try {
    data = JSON.parse(value.toString('utf8'));
  } catch {
    return { fault: 'its value is not JSON' };
  }
  return checkEvent({
    id: header(headers, 'ce_id'),
    type: header(headers, 'ce_type'),
    source: header(headers, 'ce_source'),
    time: header(headers, 'ce_time'),
    key: key?.toString(),
    data,
  });
}
