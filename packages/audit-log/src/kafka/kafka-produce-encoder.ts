import { crc32c } from './crc32c.ts';
import { encodeRecordTail, recordSize, writeRecord, type RecordParts } from './kafka-record-encoder.ts';

/** A message that may already have its key, value and headers encoded in `recordTail`, which is what is sent. */
export type EncodedMessage = Pick<RecordParts, 'key' | 'value' | 'headers'> & {
  timestamp?: string | null;
  recordTail?: Buffer;
};

/** What kafkajs passes to its encoder of produce requests. */
export type ProduceParts = {
  acks: number;
  timeout: number;
  transactionalId?: string | null;
  producerId?: { toString(): string };
  producerEpoch?: number;
  compression?: number;
  topicData: readonly {
    topic: string;
    partitions: readonly { partition: number; firstSequence?: number; messages: readonly EncodedMessage[] }[];
  }[];
};

type Batch = { partition: number; firstSequence: number; tails: Buffer[]; size: number };
type Topic = { name: string; batches: Batch[] };

/**
 * Offsets in a record batch of format v2: the size of its header, the end of the length, and where the checksum and the
 * bytes it covers begin.
 */
const batchOverhead = 61;
const lengthEnds = 12;
const checksumAt = 17;
const coveredAt = 21;

function measure(data: ProduceParts['topicData'][number]): Topic {
  const batches = data.partitions.map(({ partition, firstSequence = 0, messages }) => {
    const tails = messages.map((message) => message.recordTail ?? encodeRecordTail(message));
    let size = batchOverhead;
    for (let index = 0; index < tails.length; index += 1) size += recordSize(tails[index]!, index);
    return { partition, firstSequence, tails, size };
  });
  return { name: data.topic, batches };
}

function writeText(target: Buffer, at: number, text: string | null | undefined): number {
  if (text == null) return target.writeInt16BE(-1, at);
  const length = target.write(text, at + 2, 'utf8');
  return target.writeInt16BE(length, at) + length;
}

const textSize = (text: string | null | undefined) => 2 + (text == null ? 0 : Buffer.byteLength(text));

/**
 * A produce request (v3 to v7) that is encoded together with its envelope, into one buffer of exactly the right size.
 * kafkajs copies a batch seven times on its way to the socket, each time into a new zeroed buffer.
 */
export class ProducePayload {
  readonly #parts: ProduceParts;
  readonly #topics: readonly Topic[];
  readonly #producerId: bigint;
  readonly #size: number;

  constructor(parts: ProduceParts) {
    this.#parts = parts;
    this.#topics = parts.topicData.map(measure);
    this.#producerId = parts.producerId === undefined ? -1n : BigInt(parts.producerId.toString());
    let size = textSize(parts.transactionalId) + 2 + 4 + 4;
    for (const { name, batches } of this.#topics) {
      size += textSize(name) + 4;
      for (const batch of batches) size += 4 + 4 + batch.size;
    }
    this.#size = size;
  }

  /** Encodes the request with its envelope. `now` (milliseconds since the epoch) is the time of every record. */
  encode(
    envelope: { apiKey: number; apiVersion: number; correlationId: number; clientId: string },
    now: number,
  ): Buffer {
    const head = 2 + 2 + 4 + textSize(envelope.clientId);
    const target = Buffer.allocUnsafe(4 + head + this.#size);
    let at = target.writeInt32BE(head + this.#size, 0);
    at = target.writeInt16BE(envelope.apiKey, at);
    at = target.writeInt16BE(envelope.apiVersion, at);
    at = target.writeInt32BE(envelope.correlationId, at);
    at = writeText(target, at, envelope.clientId);
    at = writeText(target, at, this.#parts.transactionalId);
    at = target.writeInt16BE(this.#parts.acks, at);
    at = target.writeInt32BE(this.#parts.timeout, at);
    at = target.writeInt32BE(this.#topics.length, at);
    for (const { name, batches } of this.#topics) {
      at = writeText(target, at, name);
      at = target.writeInt32BE(batches.length, at);
      for (const batch of batches) at = this.#writeBatch(target, at, batch, BigInt(now));
    }
    return target;
  }

  #writeBatch(target: Buffer, start: number, { partition, firstSequence, tails, size }: Batch, now: bigint): number {
    let at = target.writeInt32BE(partition, start);
    at = target.writeInt32BE(size, at);
    const base = at;
    at = target.writeBigInt64BE(0n, at); // first offset: assigned by the broker
    at = target.writeInt32BE(size - lengthEnds, at);
    at = target.writeInt32BE(0, at); // partition leader epoch
    at = target.writeInt8(2, at); // magic
    at = target.writeUInt32BE(0, at); // checksum: written at the end
    at = target.writeInt16BE(0, at); // attributes: no compression, no transaction
    at = target.writeInt32BE(tails.length - 1, at);
    at = target.writeBigInt64BE(now, at);
    at = target.writeBigInt64BE(now, at);
    at = target.writeBigInt64BE(this.#producerId, at);
    at = target.writeInt16BE(this.#parts.producerEpoch ?? 0, at);
    at = target.writeInt32BE(firstSequence, at);
    at = target.writeInt32BE(tails.length, at);
    for (let index = 0; index < tails.length; index += 1) at = writeRecord(target, at, tails[index]!, index);
    target.writeUInt32BE(crc32c(target.subarray(base + coveredAt, at)), base + checksumAt);
    return at;
  }
}

/** Reports whether a request can be encoded here: no compression, no transaction, no message with its own timestamp. */
export function isPlainProduce({ compression = 0, transactionalId, topicData }: ProduceParts): boolean {
  return (
    compression === 0 &&
    transactionalId == null &&
    topicData.every(({ partitions }) =>
      partitions.every(({ messages }) => messages.length > 0 && messages.every((message) => message.timestamp == null)),
    )
  );
}
