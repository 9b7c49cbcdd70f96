import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { archiveKafkaClasses, kafkaJavaFlags } from './kafka-classes.ts';

let cache: string;
let jars: string;
const java = process.execPath;
const archiveOf = (flag: string) => /^-XX:ArchiveClassesAtExit=(.*)$/.exec(flag)![1]!;
const used = () => kafkaJavaFlags(java, jars).filter((flag) => flag.startsWith('-XX:SharedArchiveFile='));

beforeEach(() => {
  cache = mkdtempSync(path.join(tmpdir(), 'sallyport-classes-'));
  jars = path.join(cache, 'kafka-1');
  mkdirSync(jars);
});
afterEach(() => rmSync(cache, { recursive: true }));

describe("the archive of Kafka's classes", () => {
  it('is written once, and used from then on', async () => {
    expect(used()).toEqual([]);
    let runs = 0;
    const run = async (_directory: string, flag: string) => {
      runs += 1;
      writeFileSync(archiveOf(flag), '');
    };
    await Promise.all([archiveKafkaClasses(java, jars, run), archiveKafkaClasses(java, jars, run)]);
    await archiveKafkaClasses(java, jars, run);
    expect([runs, used()]).toEqual([1, [expect.stringMatching(/\/kafka-1-classes-[0-9a-f]{12}\/classes\.jsa$/)]]);
  });

  it('is not used if Java wrote none, or if the broker did not start', async () => {
    await archiveKafkaClasses(java, jars, () => Promise.reject(new Error('no port')));
    expect(used()).toEqual([]);
    await archiveKafkaClasses(java, jars, async () => {});
    expect(used()).toEqual([]);
  });

  it('belongs to the Java that wrote it', async () => {
    await archiveKafkaClasses(java, jars, async (_directory, flag) => writeFileSync(archiveOf(flag), ''));
    const other = path.join(cache, 'java');
    writeFileSync(other, 'another');
    expect(kafkaJavaFlags(other, jars).join(' ')).not.toContain('SharedArchiveFile');
  });
});
