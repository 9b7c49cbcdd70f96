import { createHash } from 'node:crypto';
import type { Files } from '@sallyport/spool';
import { readWhole } from '../disk/find-parts.ts';
import { pathOfFile, removeFile } from '../disk/part-files.ts';
import { appendLog, pathOfLog, type ClosedPart, type FinishedRecording, type LogEntry } from '../disk/recording-log.ts';
import type { Share } from '../disk/space.ts';
import type { RecorderOptions } from './recorder.ts';
import type { Uploader } from './uploader.ts';
import { persist } from './waits.ts';

export type PublishDeps = Pick<RecorderOptions, 'dir' | 'publish' | 'logger' | 'now'> & {
  files: Files;
  uploader: Uploader;
  /** Aborted when the recorder is closed. */
  stopped: AbortSignal;
};

/** Returns the digest of a recording: over the digests of its files in order, each in hexadecimal. */
const digestOfFiles = (parts: readonly ClosedPart[]): string =>
  createHash('sha256')
    .update(parts.flatMap(({ files }) => files.map(({ sha256 }) => sha256)).join(''))
    .digest('hex');

/**
 * Publishes the parts of one recording in order, lets each be uploaded when that is done, and publishes the end. Deletes
 * from the disk what is in the store.
 */
export class PublishedRecording {
  readonly id: string;
  readonly note: unknown;
  /** The parts that are published or about to be. */
  readonly parts: ClosedPart[] = [];
  readonly #deps: PublishDeps;
  readonly #share: Share;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isFinished = false;

  constructor(deps: PublishDeps, share: Share, id: string, note: unknown) {
    [this.#deps, this.#share, this.id, this.note] = [deps, share, id, note];
  }

  /** Publishes a part whose files are on the disk. Their room is taken. */
  add(part: ClosedPart): void {
    this.parts.push(part);
    this.#then(async () => {
      await this.#persist(() => this.#deps.publish.part(this, part));
      const isLogged = await this.log({ published: part });
      const names = part.files.map(({ name }) => name);
      this.#upload(part, names, isLogged);
    });
  }

  /** Takes over a part that a process before this one has published, with those of its files that are on the disk. */
  resume(part: ClosedPart, names: readonly string[]): void {
    this.parts.push(part);
    this.#upload(part, names, true);
  }

  /** Publishes the end, after all parts, if that is not done yet. */
  async finish(outcome: FinishedRecording['outcome'], isPublished = false): Promise<void> {
    this.#then(async () => {
      const files = this.parts.flatMap((part) => part.files);
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      const finished = { outcome, parts: this.parts.length, bytes, sha256: digestOfFiles(this.parts) };
      if (!isPublished) {
        await this.#persist(() => this.#deps.publish.finished(this, finished));
        await this.log({ finished: true });
      }
      this.#isFinished = true;
      await this.#forget();
    });
    await this.#last;
  }

  /** Tells the process after this one, and returns whether the disk took it. */
  async log(entry: LogEntry): Promise<boolean> {
    const { files, dir, logger } = this.#deps;
    try {
      await appendLog(files, pathOfLog(dir, this.id), entry);
      return true;
    } catch (error) {
      const fields = { recording: this.id, reason: (error as Error).message };
      logger.warn(fields, 'the log of a recording cannot be written');
      return false;
    }
  }

  #upload(part: ClosedPart, names: readonly string[], isLogged: boolean): void {
    const { files, dir, uploader, now } = this.#deps;
    for (const { name, bytes, sha256 } of part.files.filter((file) => names.includes(file.name))) {
      const path = pathOfFile(dir, this.id, name);
      this.#waiting += 1;
      uploader.add({
        recording: this.id,
        name,
        path,
        bytes,
        sha256,
        since: now(),
        read: (memory) => readWhole(files, path, memory),
        stored: async () => {
          await removeFile(files, path);
          this.#share.give(bytes, true);
          // A disk that was full has room now.
          if (!isLogged) await this.log({ published: part });
          this.#waiting -= 1;
          await this.#forget();
        },
      });
    }
  }

  #then(step: () => Promise<void>): void {
    this.#last = this.#last.then(step);
    // A recorder that is closed leaves the rest to the process after this one.
    this.#last.catch(() => undefined);
  }

  async #persist(call: () => Promise<void>): Promise<void> {
    await persist(call, this.#deps.stopped, ({ message: reason }) =>
      this.#deps.logger.warn({ recording: this.id, reason }, 'an event about a recording is not recorded yet'),
    );
  }

  async #forget(): Promise<void> {
    const { files, dir } = this.#deps;
    if (!this.#isFinished || this.#waiting > 0) return;
    // A log that stays does no harm: the process after this one finds that nothing is left to do.
    await removeFile(files, pathOfLog(dir, this.id)).catch(() => undefined);
  }
}
