import { crc32c } from './crc32c.ts';
import { encodeRecordTail, recordSize, writeRecord, type RecordParts } from './kafka-record-encoder.ts';

/** A message that may already have its key, value and headers encoded in `recordTail`, which is what is sent. */
export type EncodedMessage = RecordParts & {
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
 * Encodes a produce request (v3 to v7) into one buffer of exactly the right size. `now` (milliseconds since the epoch) is
 * the time of every record.
 */
export function encodeProduce(parts: ProduceParts, now: number): Buffer {
  const topics = parts.topicData.map(measure);
  let size = textSize(parts.transactionalId) + 2 + 4 + 4;
  for (const { name, batches } of topics) {
    size += textSize(name) + 4;
    for (const batch of batches) size += 4 + 4 + batch.size;
  }
  const producer = {
    id: parts.producerId === undefined ? -1n : BigInt(parts.producerId.toString()),
    epoch: parts.producerEpoch ?? 0,
  };
  const target = Buffer.allocUnsafe(size);
  let at = writeText(target, 0, parts.transactionalId);
  at = target.writeInt16BE(parts.acks, at);
  at = target.writeInt32BE(parts.timeout, at);
  at = target.writeInt32BE(topics.length, at);
  for (const { name, batches } of topics) {
    at = writeText(target, at, name);
    at = target.writeInt32BE(batches.length, at);
    for (const batch of batches) at = writeBatch(target, at, batch, producer, BigInt(now));
  }
  return target;
}

function writeBatch(
  target: Buffer,
  start: number,
  { partition, firstSequence, tails, size }: Batch,
  producer: { id: bigint; epoch: number },
  now: bigint,
): number {
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
  at = target.writeBigInt64BE(producer.id, at);
  at = target.writeInt16BE(producer.epoch, at);
  at = target.writeInt32BE(firstSequence, at);
  at = target.writeInt32BE(tails.length, at);
  for (let index = 0; index < tails.length; index += 1) at = writeRecord(target, at, tails[index]!, index);
  target.writeUInt32BE(crc32c(target.subarray(base + coveredAt, at)), base + checksumAt);
  return at;
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
