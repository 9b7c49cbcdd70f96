import { createHash } from 'node:crypto';
import path from 'node:path';
import { openRecordingStore, type RecordingStore } from '@sallyport/recordings/store';
import { loadGatewayConfig } from '../../config/load-gateway-config.ts';
import type { Environment } from '../../environment/environment.ts';
import { namedFileFault } from '../../files/read-file.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import { isDirectory } from './directory-trail.ts';

/** What a stored file has, as far as it can be seen without a key. */
type StoredFile = { bytes: number; sha256: string };

type StoredFiles = {
  /** Returns undefined if there is no such file. Throws a CliError if the store cannot be read. */
  read(recording: string, file: string): Promise<StoredFile | undefined>;
  close(): void;
};

type Named = { directory: string | undefined; config: string | undefined };

/** Opens the directory that the user named, or the store of the configuration. */
async function openStore(environment: Environment, { directory, config: named }: Named) {
  if (directory !== undefined) {
    const dir = path.resolve(environment.workingDirectory, directory);
    if (!isDirectory(environment, directory)) throw namedFileFault(dir, { code: 'ENOENT' });
    return { store: await openRecordingStore({ dir }), place: dir };
  }
  const { config, file, resolvePath } = await loadGatewayConfig(environment, named);
  const { store } = config.recordings;
  if (store === undefined)
    throw usageError(`${file} has no recordings.store`, 'Name the directory: --recordings recordings');
  return { store: await openRecordingStore(store, resolvePath), place: `recordings.store in ${file}` };
}

async function digest(store: RecordingStore, recording: string, file: string): Promise<StoredFile | undefined> {
  const content = await store.get(recording, file);
  if (content === undefined) return undefined;
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Opens the files of recordings. A store that cannot be read is not a fault of a recording, but the end of the command. */
export async function openStoredFiles(environment: Environment, named: Named): Promise<StoredFiles> {
  const { store, place } = await openStore(environment, named);
  return {
    close: store.close,
    async read(recording, file) {
      try {
        return await digest(store, recording, file);
      } catch (error) {
        throw new CliError(
          'unreachable',
          `the recordings cannot be read: ${(error as Error).message}`,
          `Check ${place}, and that you may read what is there.`,
          { cause: error },
        );
      }
    },
  };
}
