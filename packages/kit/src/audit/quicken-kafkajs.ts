import { createRequire } from 'node:module';
import { crc32c } from './crc32c.ts';
import { createGroupMessages, type GroupMessages } from './group-messages.ts';
import { encodeRecord, type EncodedRecord, type RecordParts } from './kafka-record-encoder.ts';

const knownVersion = '2.2.4';
const recordPath = 'kafkajs/src/protocol/recordBatch/record/v0/index.js';
const groupPath = 'kafkajs/src/producer/groupMessagesPerPartition.js';
const checksumPath = 'kafkajs/src/protocol/recordBatch/crc32C/index.js';

/** The encoder counts with 31 bits; a later delta goes to kafkajs's own. */
const fits = (delta = 0) => delta >= 0 && delta < 0x40000000;

/**
 * Puts our record encoder, checksum and grouping in the place of kafkajs's own, which spend more than half of all CPU time of a send: on a
 * zeroed half-kilobyte buffer for every field of every record, on a checksum byte by byte, and on a new list for every message of a batch.
 * All are pure functions that tests hold against the originals. Done only for the one version they were written for, and to be called before kafkajs is first used;
 * where its files cannot be found (a bundle), kafkajs goes on as it is. Returns whether it was done.
 */
export function quickenKafkajs(): boolean {
  const load = createRequire(import.meta.url);
  const replace = <T>(path: string, make: (original: T) => T): void => {
    const original = load(path) as T & { quickened?: true };
    if (original.quickened) return;
    load.cache[load.resolve(path)]!.exports = Object.assign(make(original) as object, { quickened: true });
  };
  try {
    if ((load('kafkajs/package.json') as { version: string }).version !== knownVersion) return false;
    replace<(parts: RecordParts) => EncodedRecord>(recordPath, (original) => (parts) => fits(parts.timestampDelta) ? encodeRecord(parts) : original(parts));
    replace<(bytes: Uint8Array) => number>(checksumPath, () => (bytes) => crc32c(bytes));
    replace<GroupMessages>(groupPath, () => createGroupMessages());
    return true;
  } catch {
    return false;
  }
}
