import { join } from 'node:path';
import { openAcknowledgedFile } from '../files/acknowledged-file.ts';
import { diskFiles, syncDirectory, type Files } from '../files/disk-files.ts';
import { readJsonFile } from '../files/json-file.ts';
import { openDirectory, type OpenDirectory } from '../lock/open-directory.ts';
import { loadSegments } from '../segments/load-segments.ts';
import { DiskSpool } from './disk-spool.ts';
import type { Spool, SpoolOptions } from './spool.ts';

const mebibyte = 1024 * 1024;

async function openFiles(files: Files, directory: OpenDirectory, options: SpoolOptions): Promise<Spool> {
  const { dir, logger, maxBytes } = options;
  const state = await readJsonFile(files, join(dir, 'state.json'));
  const sameBoot = directory.previousEnd !== 'rebooted';
  const loaded = await loadSegments({ files, dir, logger, sameBoot });
  const acknowledged = await openAcknowledgedFile(files, dir);
  await syncDirectory(files, dir).catch(async (error: unknown) => {
    await acknowledged.file.close();
    throw error;
  });
  return new DiskSpool({
    ...options,
    files,
    directory,
    state,
    acknowledgedFile: acknowledged.file,
    acknowledged: acknowledged.position,
    loaded,
    segmentBytes: options.segmentBytes ?? Math.min(16 * mebibyte, Math.floor(maxBytes / 8)),
    memoryBytes: options.memoryBytes ?? Math.min(16 * mebibyte, Math.floor(maxBytes / 4)),
  });
}

/**
 * Opens the spool in a directory, which is created if it is missing. Throws if another process has it, and if the
 * directory cannot be written. `files` is for tests.
 */
export async function openSpool(options: SpoolOptions, files: Files = diskFiles): Promise<Spool> {
  if (options.maxBytes < mebibyte) throw new RangeError('a spool needs a maxBytes of at least 1 MiB');
  const directory = await openDirectory(files, options);
  try {
    return await openFiles(files, directory, options);
  } catch (error) {
    directory.unlock();
    throw error;
  }
}
