import { createRequire } from 'node:module';
import { crc32c } from './crc32c.ts';
import { createGroupMessages, type GroupMessages } from './group-messages.ts';
import { isPlainProduce, ProducePayload, type ProduceParts } from './kafka-produce-encoder.ts';
import { encodeRecord, type EncodedRecord, type RecordParts } from './kafka-record-encoder.ts';
import { restIdleQueue } from './rest-idle-queue.ts';

const knownVersion = '2.2.4';

/** The modules of kafkajs that are replaced in `require.cache`. Each exports one function. */
export const replacedModules = {
  encodeRecord: 'kafkajs/src/protocol/recordBatch/record/v0/index.js',
  crc32c: 'kafkajs/src/protocol/recordBatch/crc32C/index.js',
  groupMessages: 'kafkajs/src/producer/groupMessagesPerPartition.js',
  createProduce: 'kafkajs/src/protocol/requests/produce/v3/request.js',
  createRequest: 'kafkajs/src/protocol/request.js',
} as const;

/** Keeps the `createRequest` that it found when it was loaded. */
const connectionPath = 'kafkajs/src/network/connection.js';
const queuePath = 'kafkajs/src/network/requestQueue/index.js';

/** A request inside kafkajs; `encode` returns its payload. */
export type KafkaRequest = { apiKey: number; apiVersion: number; encode(): Promise<unknown> };
export type CreateProduce = (parts: ProduceParts) => KafkaRequest;
export type CreateRequest = (given: {
  correlationId: number;
  clientId: string;
  request: KafkaRequest;
}) => Promise<{ buffer: Buffer }>;

/** Reports whether our encoder, which counts with 31 bits, can write the delta. kafkajs encodes larger ones. */
const fits = (delta = 0) => delta >= 0 && delta < 0x40000000;

/**
 * Gives produce requests of the kind that the audit log sends a payload that is encoded together with its envelope.
 * kafkajs builds its versions 4 to 7 from this one.
 */
function replaceProduce(original: CreateProduce): CreateProduce {
  return (parts) => {
    const request = original(parts);
    return isPlainProduce(parts) ? { ...request, encode: () => Promise.resolve(new ProducePayload(parts)) } : request;
  };
}

function replaceRequest(original: CreateRequest): CreateRequest {
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
 * Replaces the encoders, the checksum and the grouping of kafkajs with our own. They take most of the CPU time of a
 * send: a zeroed half-kilobyte buffer for every field of every record, seven copies of every batch, a checksum byte by
 * byte, and a new list for every message of a batch. Tests compare the replacements with the originals. The queue of
 * requests loses its idle timer.
 *
 * Call it before kafkajs is first used. It replaces nothing in any other version of kafkajs, in a bundle (where the
 * files cannot be found), or if kafkajs is loaded already. Returns whether the modules are replaced.
 */
export function replaceKafkajsModules(): boolean {
  const load = createRequire(import.meta.url);
  const replace = <T>(path: string, make: (original: T) => T): void => {
    const original = load(path) as T & { replaced?: true };
    if (original.replaced) return;
    load.cache[load.resolve(path)]!.exports = Object.assign(make(original) as object, { replaced: true });
  };
  try {
    if ((load('kafkajs/package.json') as { version: string }).version !== knownVersion) return false;
    restIdleQueue(load(queuePath) as Parameters<typeof restIdleQueue>[0]);
    // Other code has loaded kafkajs. Half of the modules would be ours and half kafkajs's own, and those do not match.
    if (
      load.cache[load.resolve(connectionPath)] &&
      !(load(replacedModules.createRequest) as { replaced?: true }).replaced
    )
      return false;
    replace<(parts: RecordParts) => EncodedRecord>(
      replacedModules.encodeRecord,
      (original) => (parts) => (fits(parts.timestampDelta) ? encodeRecord(parts) : original(parts)),
    );
    replace<(bytes: Uint8Array) => number>(replacedModules.crc32c, () => (bytes) => crc32c(bytes));
    replace<GroupMessages>(replacedModules.groupMessages, () => createGroupMessages());
    replace<CreateProduce>(replacedModules.createProduce, replaceProduce);
    replace<CreateRequest>(replacedModules.createRequest, replaceRequest);
    return true;
  } catch {
    return false;
  }
}
