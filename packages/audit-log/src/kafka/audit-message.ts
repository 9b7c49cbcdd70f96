import type { Message } from 'kafkajs';
import { readRecordHeaders } from './kafka-record-decoder.ts';

/** A message together with its encoded form, which is what is sent when `patchKafkajs` is in effect. */
export class AuditMessage implements Message {
  readonly key: string;
  /** The key, the value and the headers, as they are in a record of Kafka. */
  readonly recordTail: Buffer;
  readonly #valueAt: number;
  readonly #headersAt: number;

  constructor(key: string, recordTail: Buffer, place: { valueAt: number; headersAt: number }) {
    [this.key, this.recordTail, this.#valueAt, this.#headersAt] = [key, recordTail, place.valueAt, place.headersAt];
  }

  /** The data of the event. Made anew for each who asks, because a buffer costs much while the message waits. */
  get value(): Buffer {
    return this.recordTail.subarray(this.#valueAt, this.#headersAt);
  }

  /** Decoded only if someone asks. */
  get headers(): Record<string, string> {
    return readRecordHeaders(this.recordTail, this.#headersAt);
  }

  /** Returns the message with all of its members as properties of its own, for kafkajs as it is, which copies these. */
  toPlain(): Message {
    const { key, value, headers } = this;
    return { key, value, headers };
  }
}
