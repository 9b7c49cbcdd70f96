import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { patchedModules } from './patch-kafkajs.ts';

/** SHA-256 of each file as it was reviewed, and what to review when it changes. */
type Reviewed = Readonly<Record<string, readonly [sha256: string, review: string]>>;

/** The modules whose exports our own code changes. */
const patched: Reviewed = {
  'src/protocol/requests/produce/index.js': [
    '789abc7e1c33a99e956f74a34f11b8de6f70be7722580a0f0dd05f67d998f45b',
    'there must be no version after 7, v3 to v7 must take the fields of ProduceParts, and encode must be a member of the request',
  ],
  'src/network/requestQueue/index.js': [
    'b55986089c14f8f7bfc377922e2e65b3e4c1e7c7af2752d3b10a75dfe9e9260c',
    'rest-idle-queue.ts and suppress-timer-warning.ts: drop both if no timer gets a negative delay any more. Otherwise a request that has to wait must set the timer in push',
  ],
};

/** The modules whose private interface the patches use, or whose output they imitate. */
const used: Reviewed = {
  'src/broker/index.js': [
    '9cbea8898528c439c213080f99d86974460114f81b5034c49aeb593a0337ca90',
    'it must ask for the produce request at each call, by lookupRequest',
  ],
  'src/protocol/requests/index.js': [
    'fd26a30565d7f0c14883140b7f4edadc42f34278a5f40084009b940c858ea2fd',
    'it must call protocol of the module itself, because that is replaced (patch-kafkajs.ts)',
  ],
  'src/protocol/request.js': [
    '2270900ca6474026c11957fe71ac586881985460ed2554db22ad8870dcaff634',
    'it must pass what encode returns to writeEncoder only',
  ],
  'src/protocol/encoder.js': [
    '9977889e184a9e910e4f6098c36ec6a0ca36c183aa6ead0f24191b6aa1c9a777',
    'writeEncoder must read only buf and buffer (KafkaRequest)',
  ],
  'src/network/connection.js': [
    '2a993b2e74421ca6d846efd59e4ba74b11100dbe7d40d0f52ea3218e917aafdd',
    'the queue must be that of requestQueue/index.js',
  ],
  'src/producer/createTopicData.js': [
    '26da133f71f776a6c3059432f3bcf1c2f8b2ea0c902d48c533974d08c98c6adc',
    'it must pass on the messages themselves, because recordTail is read from them (ProduceParts)',
  ],
  'src/producer/sendMessages.js': [
    '8a120e6993955e040a13014cccebd79b8d41e7355d6eda1065fa83fea2fbbcdb',
    'it must pass on the messages themselves, because recordTail is read from them (ProduceParts)',
  ],
  'src/producer/groupMessagesPerPartition.js': [
    'ea72357721fbf67770b5e06b9bf4260faa1e60f3affb556bff2cc7892c1881fb',
    'it must pass on the messages themselves, because recordTail is read from them (ProduceParts)',
  ],
  'src/protocol/requests/produce/v3/request.js': [
    '993a3db997827088f5acb08cacf3c67a99ec2886303ff465d244329b8a1c7f99',
    'encodeProduce must write the same bytes, and isPlainProduce must admit nothing that it cannot write',
  ],
  'src/protocol/requests/produce/v4/request.js': [
    '0dc2643c0e3c51ad60ed645ab017234dde1f3e5676088fe0120f873f8e4c6eb0',
    'it must be version 3 with another number',
  ],
  'src/protocol/requests/produce/v5/request.js': [
    '1d5dab00092a1dbd82c2ce90bc33026cedb0dcd7fe548153fca40d2c059ea203',
    'it must be version 3 with another number',
  ],
  'src/protocol/requests/produce/v6/request.js': [
    'd19ff7d6cdad42cb666028ea5df88b74f714ffdda20126ac3ea70368701728de',
    'it must be version 3 with another number',
  ],
  'src/protocol/requests/produce/v7/request.js': [
    'bc64c2f2d7feb31ae9c2f03b75a5ec5a290eb9084c703648803e5f15ec1a63eb',
    'it must be version 3 with another number',
  ],
  'src/protocol/recordBatch/v0/index.js': [
    '6d6b63a8959ff0b9ea1198b2d4ec0af940a4c92d5c793bb592310ab46f99df30',
    'writeBatch in kafka-produce-encoder.ts must write the same record batch',
  ],
  'src/protocol/recordBatch/record/v0/index.js': [
    'ffbc628c1f35f5de8ba798165616b1009d9af1c27ca959999a10e6e3c18f8215',
    'kafka-record-encoder.ts must write the same bytes',
  ],
  'src/protocol/recordBatch/header/v0/index.js': [
    '5517d33a48fa33f5fb3253b3d171c6aa0fda89d9b37d45d985c1c9bf457d45d5',
    'encodeHeaders in kafka-record-encoder.ts must write the same bytes',
  ],
  'src/protocol/recordBatch/crc32C/index.js': [
    '0826ea7387f25400b1a24bacdbba85db9c1f2e932f168874728a9ecaf1eb2379',
    'crc32c.ts must return the same unsigned number',
  ],
  'src/protocol/recordBatch/crc32C/crc32C.js': [
    '1c09c7a44e7a207f2dabb920e6bf9f6b1b3fd9cc023e959a9e91ba83e5b6f61a',
    'the original of crc32c.ts: the polynomial and the table',
  ],
};

const directory = path.dirname(createRequire(import.meta.url).resolve('kafkajs/package.json'));
const reviewed = { ...patched, ...used };

function requiredBy(file: string): string[] {
  const source = readFileSync(path.join(directory, file), 'utf8');
  return [...source.matchAll(/require\('(\.[^']*)'\)/g)].flatMap(([, target]) => {
    const named = path.posix.join(path.posix.dirname(file), target!);
    return [named, `${named}.js`, `${named}/index.js`];
  });
}

describe('the sources of kafkajs that its patches depend on', () => {
  it.each(Object.entries(reviewed))('%s is the reviewed one', (file, [expected, review]) => {
    const actual = createHash('sha256')
      .update(readFileSync(path.join(directory, file)))
      .digest('hex');
    if (actual === expected) return;
    throw new Error(
      `kafkajs/${file} has changed. Review this: ${review}. ` +
        `Then set its checksum to ${actual}, and knownVersion in patch-kafkajs.ts to the version (ADR 13).`,
    );
  });

  it('include every module that is patched', () => {
    expect(
      Object.values(patchedModules)
        .map((file) => file.replace('kafkajs/', ''))
        .toSorted(),
    ).toEqual(Object.keys(patched).toSorted());
  });

  it('include every module that requires a patched one', () => {
    const callers = readdirSync(path.join(directory, 'src'), { recursive: true, encoding: 'utf8' })
      .map((file) => path.posix.join('src', file.replaceAll(path.sep, '/')))
      .filter((file) => file.endsWith('.js') && requiredBy(file).some((target) => Object.hasOwn(patched, target)));
    expect(callers.length).toBeGreaterThan(1);
    expect(callers.filter((file) => !Object.hasOwn(reviewed, file))).toEqual([]);
  });
});
