import { join } from 'node:path';
import { isMissing, writeAll, type Files, type SpoolFile } from '@sallyport/spool';
import { isRecordingId, parsePartFileName, partFileName, type PartFileKind } from '../format/names.ts';

/** Returns the path of a file of a part. All recordings are in one directory. */
export const pathOfFile = (dir: string, recording: string, name: string): string => join(dir, `${recording}.${name}`);

/** Returns the recording and the part of a file by its name in the directory, or undefined if it is something else. */
export function parseDiskName(name: string): { recording: string; file: string; part: number } | undefined {
  const [recording, file] = [name.slice(0, 36), name.slice(37)];
  const parsed = parsePartFileName(file);
  return name[36] === '.' && isRecordingId(recording) && parsed ? { recording, file, part: parsed.part } : undefined;
}

/** Deletes a file that may be gone. */
export async function removeFile(files: Files, path: string): Promise<void> {
  await files.unlink(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

type OpenFile = { file: SpoolFile; end: number };

/** Writes the files of one part. Only one method runs at a time. */
export class PartFiles {
  readonly #files: Files;
  readonly #pathOf: (kind: PartFileKind) => string;
  #sealed: OpenFile | undefined;
  #tail: OpenFile | undefined;

  constructor(files: Files, dir: string, recording: string, part: number) {
    this.#files = files;
    this.#pathOf = (kind) => pathOfFile(dir, recording, partFileName(part, kind));
  }

  /** Appends to the part. What is in the tail is in whole chunks then. */
  async writeSealed(bytes: Buffer): Promise<void> {
    this.#sealed ??= await this.#create('age');
    await this.#append(this.#sealed, bytes);
    if (!this.#tail || this.#tail.end === 0) return;
    await this.#tail.file.truncate(0);
    this.#tail.end = 0;
  }

  /** Appends to the tail, which begins with the file that has its key. */
  async writeTail(bytes: Buffer, keyFile?: Buffer): Promise<void> {
    if (keyFile) {
      const key = await this.#create('key.age');
      try {
        await this.#append(key, keyFile);
      } finally {
        await key.file.close();
      }
    }
    this.#tail ??= await this.#create('tail');
    await this.#append(this.#tail, bytes);
  }

  /** Makes the part durable, and deletes the tail, which it has no use for. */
  async finish(): Promise<void> {
    await this.#sealed!.file.datasync();
    await this.close();
    if (!this.#tail) return;
    // The key last: a tail without its key could not be read.
    for (const kind of ['tail', 'key.age'] as const) await removeFile(this.#files, this.#pathOf(kind));
  }

  /** Closes the files, as they are. */
  async close(): Promise<void> {
    for (const { file } of [this.#sealed, this.#tail].filter((each) => each !== undefined)) await file.close();
  }

  async #create(kind: PartFileKind): Promise<OpenFile> {
    return { file: await this.#files.open(this.#pathOf(kind), 'wx', 0o600), end: 0 };
  }

  async #append(target: OpenFile, bytes: Buffer): Promise<void> {
    await writeAll(target.file, bytes, target.end);
    target.end += bytes.length;
  }
}
