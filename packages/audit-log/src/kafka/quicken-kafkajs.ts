import { createRequire } from 'node:module';
import { crc32c } from './crc32c.ts';
import { createGroupMessages, type GroupMessages } from './group-messages.ts';
import { isPlainProduce, ProducePayload, type ProduceParts } from './kafka-produce-encoder.ts';
import { encodeRecord, type EncodedRecord, type RecordParts } from './kafka-record-encoder.ts';

const knownVersion = '2.2.4';
const recordPath = 'kafkajs/src/protocol/recordBatch/record/v0/index.js';
const groupPath = 'kafkajs/src/producer/groupMessagesPerPartition.js';
const checksumPath = 'kafkajs/src/protocol/recordBatch/crc32C/index.js';
const producePath = 'kafkajs/src/protocol/requests/produce/v3/request.js';
const requestPath = 'kafkajs/src/protocol/request.js';
/** Holds on to what it found at its own loading. */
const connectionPath = 'kafkajs/src/network/connection.js';

/** What kafkajs knows of a request, whose `encode` gives the payload. */
export type KafkaRequest = { apiKey: number; apiVersion: number; encode(): Promise<unknown> };
export type CreateProduce = (parts: ProduceParts) => KafkaRequest;
export type CreateRequest = (given: {
  correlationId: number;
  clientId: string;
  request: KafkaRequest;
}) => Promise<{ buffer: Buffer }>;

/** The encoder counts with 31 bits; a later delta goes to kafkajs's own. */
const fits = (delta = 0) => delta >= 0 && delta < 0x40000000;

/**
 * Produce requests of the kind that the audit log sends get a payload that is encoded only with its envelope; kafkajs's
 * own versions 4 to 7 are this one with another number.
 */
function quickProduce(original: CreateProduce): CreateProduce {
  return (parts) => {
    const request = original(parts);
    return isPlainProduce(parts) ? { ...request, encode: () => Promise.resolve(new ProducePayload(parts)) } : request;
  };
}

function quickRequest(original: CreateRequest): CreateRequest {
  return async ({ correlationId, clientId, request }) => {
    const payload = await request.encode();
    const { apiKey, apiVersion } = request;
    if (payload instanceof ProducePayload)
      return { buffer: payload.encode({ apiKey, apiVersion, correlationId, clientId }, Date.now()) };
    return original({
      correlationId,
      clientId,
      request: { apiKey, apiVersion, encode: () => Promise.resolve(payload) },
    });
  };
}

/**
 * Puts our encoders, checksum and grouping in the place of kafkajs's own, which spend most of the CPU time of a send:
 * on a zeroed half-kilobyte buffer for every field of every record, on seven copies of every batch, on a checksum byte
 * by byte, and on a new list for every message of a batch. All are pure functions that tests hold against the
 * originals. Done only for the one version they were written for, and to be called before kafkajs is first used; where
 * its files cannot be found (a bundle), or it was used before, kafkajs goes on as it is. Returns whether it was done.
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
    // Used before by somebody else: half of it would be ours and half its own, and the two do not go together.
    if (load.cache[load.resolve(connectionPath)] && !(load(requestPath) as { quickened?: true }).quickened)
      return false;
    replace<(parts: RecordParts) => EncodedRecord>(
      recordPath,
      (original) => (parts) => (fits(parts.timestampDelta) ? encodeRecord(parts) : original(parts)),
    );
    replace<(bytes: Uint8Array) => number>(checksumPath, () => (bytes) => crc32c(bytes));
    replace<GroupMessages>(groupPath, () => createGroupMessages());
    replace<CreateProduce>(producePath, quickProduce);
    replace<CreateRequest>(requestPath, quickRequest);
    return true;
  } catch {
    return false;
  }
}
