import { join } from 'node:path';
import { isMissing, syncDirectory, writeAll, type Files, type SpoolFile } from '@sallyport/spool';
import { nameTrailFile, type TrailFileName } from './trail-files.ts';
import type { TrailLine } from './trail-line.ts';

/** A file of a trail. `size` is what the disk has for certain, in bytes. Nothing beyond it is read. */
export type TrailFile = TrailFileName & { path: string; size: number };

/** A place in a trail: the number of a file, and an offset in bytes. */
export type TrailPosition = { file: number; offset: number };

/** Returns how many bytes of files come after a place. */
export const bytesAfter = ({ file, offset }: TrailPosition, files: readonly TrailFile[]): number =>
  files.reduce(
    (sum, { number, size }) => sum + (number < file ? 0 : number > file ? size : Math.max(0, size - offset)),
    0,
  );

type TrailDeps = {
  files: Files;
  dir: string;
  /** What is there, the oldest first. */
  loaded: readonly TrailFile[];
  /** The number of the next file. No file ever had it. */
  next: number;
  /** The newest file is damaged, so nothing is appended to it. */
  isSealed: boolean;
  /** The size at which a new file begins, in bytes. */
  fileBytes: number;
  /** Makes room before a file is created, as far as it can. */
  onCreate(trail: Trail): Promise<void>;
  /** Called when lines were appended. */
  onAppended(): void;
};

type Current = { file: TrailFile; handle: SpoolFile };

/**
 * The files of a trail. Lines are appended to the newest one. A new one begins at `fileBytes`, and with each day (UTC) of
 * the events, so that all events of a file are of one day.
 */
export class Trail {
  readonly #deps: TrailDeps;
  readonly #list: TrailFile[];
  /** How many lines of an array are on the disk, if it could not be appended as a whole. */
  readonly #appended = new WeakMap<readonly TrailLine[], number>();
  #next: number;
  #isSealed: boolean;
  #current: Current | undefined;
  #failure: string | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: TrailDeps) {
    this.#deps = deps;
    this.#list = [...deps.loaded];
    this.#next = deps.next;
    this.#isSealed = deps.isSealed;
  }

  /** The files, the oldest first. */
  get list(): readonly TrailFile[] {
    return this.#list;
  }

  /** Why nothing can be appended, until something is again. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /**
   * Appends lines in order. Resolves when the disk has them. Rejects if it does not take them; then call it again with
   * the same array, which appends those that are missing.
   */
  append(lines: readonly TrailLine[]): Promise<void> {
    return this.alone(async () => {
      try {
        await this.#append(lines);
        this.#failure = undefined;
      } catch (error) {
        this.#failure = (error as Error).message;
        await this.#close();
        throw new Error(`the audit trail in ${this.#deps.dir} cannot be written: ${this.#failure}`, { cause: error });
      }
    });
  }

  /** Does work while nothing else appends or deletes. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Deletes a file, which must not be the newest. Call it within `alone`. */
  async delete(file: TrailFile): Promise<void> {
    await this.#deps.files.unlink(file.path).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    this.forget(file);
  }

  /** Leaves out a file that is not there any more. */
  forget(file: TrailFile): void {
    const index = this.#list.indexOf(file);
    if (index !== -1) this.#list.splice(index, 1);
  }

  close(): Promise<void> {
    return this.alone(() => this.#close());
  }

  async #close(): Promise<void> {
    const { handle } = this.#current ?? {};
    this.#current = undefined;
    await handle?.close().catch(() => undefined);
  }

  async #append(lines: readonly TrailLine[]): Promise<void> {
    for (let done = this.#appended.get(lines) ?? 0; done < lines.length;) {
      const { file, handle } = await this.#openFor(lines[done]!);
      const part: Buffer[] = [];
      let size = file.size;
      for (const { day, bytes } of lines.slice(done)) {
        if (day !== file.day || (size > 0 && size + bytes.length > this.#deps.fileBytes)) break;
        part.push(bytes);
        size += bytes.length;
      }
      await writeAll(handle, Buffer.concat(part), file.size);
      await handle.datasync();
      file.size = size;
      done += part.length;
      this.#appended.set(lines, done);
      this.#deps.onAppended();
    }
  }

  /** Returns the file to which a line belongs, open. */
  async #openFor({ day, bytes }: TrailLine): Promise<Current> {
    const newest = this.#list.at(-1);
    const fits = newest && (newest.size === 0 || newest.size + bytes.length <= this.#deps.fileBytes);
    if (newest?.day === day && fits && !this.#isSealed) {
      this.#current ??= await this.#reopen(newest);
      if (this.#current) return this.#current;
    }
    await this.#close();
    return (this.#current = await this.#create(day));
  }

  /**
   * Opens the newest file, and removes what an append that failed has left in it: the system may count that as written
   * although the disk never took it. Returns undefined if the file is gone.
   */
  async #reopen(file: TrailFile): Promise<Current | undefined> {
    const { files, dir } = this.#deps;
    const handle = await files.open(file.path, 'r+').catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    if (!handle) {
      this.forget(file);
      return undefined;
    }
    try {
      await handle.truncate(file.size);
      await syncDirectory(files, dir);
    } catch (error) {
      await handle.close().catch(() => undefined);
      throw error;
    }
    return { file, handle };
  }

  async #create(day: string): Promise<Current> {
    const { files, dir, onCreate } = this.#deps;
    await onCreate(this);
    const name = nameTrailFile(this.#next, day);
    const path = join(dir, name.name);
    const handle = await files.open(path, 'wx', 0o600).catch((error: unknown) => {
      // Not ours. The next attempt takes another name.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') this.#next += 1;
      throw error;
    });
    this.#next += 1;
    const file = { ...name, path, size: 0 };
    this.#list.push(file);
    this.#isSealed = false;
    try {
      await syncDirectory(files, dir);
    } catch (error) {
      await handle.close().catch(() => undefined);
      throw error;
    }
    return { file, handle };
  }
}
