import { createHash } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { buildInto, cacheLockName } from '../components/cache-directory.ts';
import { takeMachineLock } from '../run/machine-lock.ts';

/** Java reads an archive only if the same Java wrote it with the same jars. */
function entryOf(java: string, jars: string): string {
  const program = realpathSync(java);
  const { size, mtimeMs } = statSync(program);
  const identity = createHash('sha256').update(`${program} ${size} ${mtimeMs}`).digest('hex').slice(0, 12);
  return `${path.basename(jars)}-classes-${identity}`;
}

const archiveIn = (directory: string) => path.join(directory, 'classes.jsa');

/**
 * Returns the arguments of Java for Kafka's programs. Only the fast compiler: the optimizing one does not pay off for a
 * broker that runs for minutes. Uses the archive of loaded classes, if there is one.
 */
export function kafkaJavaFlags(java: string, jars: string): string[] {
  const archive = archiveIn(path.join(path.dirname(jars), entryOf(java, jars)));
  return [
    '-XX:TieredStopAtLevel=1',
    '-Xshare:auto',
    ...(existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []),
    '-cp',
    path.join(jars, '*'),
  ];
}

/**
 * Archives the classes that a broker loads, once per machine, next to the jars in the cache. A start then takes about
 * half of the processor time. `run` runs a broker in a directory with an additional argument of Java, until it serves.
 * Java writes the archive when the broker ends.
 */
export async function archiveKafkaClasses(
  java: string,
  jars: string,
  run: (directory: string, flag: string) => Promise<void>,
): Promise<void> {
  const [cacheDirectory, entry] = [path.dirname(jars), entryOf(java, jars)];
  if (existsSync(path.join(cacheDirectory, entry))) return;
  const lock = await takeMachineLock(`${cacheLockName(cacheDirectory)}-kafka-classes`);
  try {
    await buildInto(cacheDirectory, entry, (building) =>
      run(building, `-XX:ArchiveClassesAtExit=${archiveIn(building)}`),
    );
  } catch {
    // Starts take longer without it. If Kafka cannot run here, its own start says why.
  } finally {
    await lock.release();
  }
}
