import { createHash } from 'node:crypto';
import { readBytes, type Files } from '@sallyport/spool';
import { partFileKinds, partFileName } from '../format/names.ts';
import { parseDiskName, pathOfFile, removeFile } from './part-files.ts';
import type { ClosedPart } from './recording-log.ts';

/** The names of the files of each part that are on the disk, by recording. */
export type FoundParts = Map<string, Map<number, string[]>>;

/** Lists the files of all recordings in a directory. */
export async function findParts(files: Files, dir: string): Promise<FoundParts> {
  const found: FoundParts = new Map();
  for (const entry of (await files.list(dir)).toSorted()) {
    const parsed = parseDiskName(entry);
    const recording = parsed?.recording ?? /^([\da-f-]{36})\.log$/.exec(entry)?.[1];
    if (recording === undefined) continue;
    const parts = found.get(recording) ?? new Map<number, string[]>();
    found.set(recording, parts);
    if (parsed) parts.set(parsed.part, [...(parts.get(parsed.part) ?? []), parsed.file]);
  }
  return found;
}

/** Returns the bytes of a file, in memory of the caller if they fit. */
export async function readWhole(files: Files, path: string, memory?: Buffer): Promise<Buffer> {
  const file = await files.open(path, 'r');
  try {
    const { size } = await file.stat();
    return await readBytes(file, 0, size, memory && size <= memory.length ? memory : undefined);
  } finally {
    await file.close();
  }
}

/** Reports whether the header of an age file is whole, which ends with a MAC and is followed by a nonce. */
function hasHeader(file: Buffer): boolean {
  const mac = file.indexOf('\n--- ');
  return mac !== -1 && file.length >= mac + '\n--- '.length + 43 + 1 + 16;
}

/**
 * Describes a part by its files as they are, also if nothing closed it. Deletes them and returns undefined if the part
 * had only just been begun.
 */
export async function describePart(
  files: Files,
  dir: string,
  recording: string,
  part: number,
  names: readonly string[],
): Promise<ClosedPart | undefined> {
  const order = (name: string) => partFileKinds.findIndex((kind) => name.slice(7) === kind);
  const described = [];
  for (const name of names.toSorted((one, other) => order(one) - order(other))) {
    const path = pathOfFile(dir, recording, name);
    const bytes = await readWhole(files, path);
    if (name === partFileName(part, 'age') && !hasHeader(bytes)) {
      await removeFile(files, path);
      return undefined;
    }
    described.push({ name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  return { part, files: described };
}
