import { setTimeout as pause } from 'node:timers/promises';
import type { AuditRecord } from '@sallyport/contracts';
import { createWarnOnce, withDeadline, type Logger } from '@sallyport/kit';
import { isMissing, type Files, type SpoolFile } from '@sallyport/spool';
import type { AuditConsumer } from '../sink/audit-sink.ts';
import { createInterruptiblePause } from '../sink/interruptible-pause.ts';
import type { ConsumerPositions } from './consumer-positions.ts';
import { readWholeLines, splitLines } from './read-whole-lines.ts';
import { readTrailLine } from './trail-line.ts';
import { bytesAfter, type Trail, type TrailFile, type TrailPosition } from './trail.ts';

type TrailConsumerDeps = {
  name: string;
  /** Resolves when the events are stored. A failure is retried without limit. */
  consumer: AuditConsumer;
  /** Names what it writes into. */
  store: string | undefined;
  trail: Trail;
  positions: Pick<ConsumerPositions, 'of' | 'note' | 'save'>;
  files: Files;
  logger: Logger;
  /** Called for each line that is not an event. */
  onSkipped(): void;
};

/** About 700 events. */
const batchBytes = 1024 * 1024;
/** A position that is saved late costs events that are consumed again, and one that is saved often syncs of the disk. */
const saveEveryMs = 1000;
const [minBackoffMs, maxBackoffMs] = [50, 1000];

/** Reads a trail for one consumer, from its own position on. */
export class TrailConsumer {
  readonly #deps: TrailConsumerDeps;
  readonly #arrived = createInterruptiblePause();
  readonly #stop = new AbortController();
  readonly #reading: ReturnType<typeof createWarnOnce>;
  readonly #saving: ReturnType<typeof createWarnOnce>;
  /** Resolves when the consumer is not called any more and its position is saved. */
  readonly ended: Promise<void>;
  #position: TrailPosition;
  #saved: TrailPosition | undefined;
  #savedAt = -Infinity;
  #open: { number: number; handle: SpoolFile } | undefined;

  constructor(deps: TrailConsumerDeps) {
    this.#deps = deps;
    const { name, store, trail, positions, logger } = deps;
    this.#reading = createWarnOnce(logger, {
      failed: `cannot read the audit trail for ${name}; retrying`,
      recovered: `reading the audit trail for ${name} again`,
    });
    this.#saving = createWarnOnce(logger, {
      failed: `cannot save how far ${name} has read the audit trail; retrying`,
      recovered: `saving how far ${name} has read the audit trail again`,
    });
    this.#saved = positions.of(name, store);
    this.#position = this.#saved ?? { file: trail.list[0]?.number ?? 0, offset: 0 };
    positions.note(name, this.#position);
    this.ended = this.#run();
  }

  /** How many bytes this consumer has not read yet. */
  get behindBytes(): number {
    return bytesAfter(this.#position, this.#deps.trail.list);
  }

  /** Says that there are new lines. */
  wake(): void {
    this.#arrived.end();
  }

  /** Resolves when the consumer has read everything, or after `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (this.behindBytes > 0 && performance.now() < end) await pause(10);
  }

  /** Stops after the batch that is under way, for which it waits `timeoutMs` at most, and saves the position. */
  async stop(timeoutMs = 5000): Promise<void> {
    this.#stop.abort();
    this.#arrived.end();
    const late = () => new Error('the consumer did not end');
    await withDeadline(this.ended, timeoutMs, late).catch((error: Error) =>
      this.#deps.logger.warn(
        { consumer: this.#deps.name, reason: error.message },
        'stopped waiting for a consumer of audit events',
      ),
    );
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let attempt = 0; !signal.aborted;) {
      try {
        // The first time, before anything is read: a consumer that begins anew is known as such from here on.
        const isSaveDue = performance.now() - this.#savedAt >= saveEveryMs;
        if (isSaveDue) await this.#save();
        const file = this.#nextFile();
        if (file) await this.#take(file);
        else await this.#arrived.wait(saveEveryMs);
        this.#reading.recovered();
        attempt = 0;
      } catch (error) {
        this.#reading.failed({ reason: (error as Error).message });
        await this.#backOff((attempt += 1));
      }
    }
    await this.#save();
    await this.#close();
  }

  /** Moves to the file that is read next, and returns it. Returns undefined if everything is read. */
  #nextFile(): TrailFile | undefined {
    const { trail, logger, name } = this.#deps;
    const { file: number, offset } = this.#position;
    const file = trail.list.find((one) => one.number >= number);
    if (!file) return undefined;
    if (file.number === number && offset < file.size) return file;
    if (file.number === number) {
      const next = trail.list.find((one) => one.number > number);
      if (!next) return undefined;
      this.#moveTo({ file: next.number, offset: 0 });
      return this.#nextFile();
    }
    if (this.#open?.number !== number && number > 0 && offset > 0)
      logger.warn(
        { consumer: name, from: number, to: file.number },
        'the file of the audit trail that a consumer was reading is gone; it goes on with the next one',
      );
    this.#moveTo({ file: file.number, offset: 0 });
    return file.size > 0 ? file : undefined;
  }

  #moveTo(position: TrailPosition): void {
    this.#position = position;
    this.#deps.positions.note(this.#deps.name, position);
  }

  async #take(file: TrailFile): Promise<void> {
    const { offset } = this.#position;
    const bytes = await this.#read(file);
    if (!bytes) return;
    if (bytes.length === 0) {
      this.#skip(file, offset, 'the line has no end');
      return this.#moveTo({ file: file.number, offset: file.size });
    }
    const records = this.#readRecords(file, bytes);
    if (records.length > 0 && !(await this.#store(records))) return;
    this.#moveTo({ file: file.number, offset: offset + bytes.length });
  }

  async #read(file: TrailFile): Promise<Buffer | undefined> {
    const { files, trail } = this.#deps;
    if (this.#open?.number !== file.number) {
      await this.#close();
      try {
        this.#open = { number: file.number, handle: await files.open(file.path, 'r') };
      } catch (error) {
        if (!isMissing(error) || file === trail.list.at(-1)) throw error;
        trail.forget(file);
        return undefined;
      }
    }
    return readWholeLines(this.#open.handle, { from: this.#position.offset, end: file.size, maxBytes: batchBytes });
  }

  #readRecords(file: TrailFile, bytes: Buffer): AuditRecord[] {
    const records: AuditRecord[] = [];
    for (const { text, at } of splitLines(bytes)) {
      const read = readTrailLine(text);
      if ('record' in read) records.push(read.record);
      else this.#skip(file, this.#position.offset + at, read.fault);
    }
    return records;
  }

  #skip({ name }: TrailFile, at: number, reason: string): void {
    this.#deps.onSkipped();
    this.#deps.logger.error({ file: name, at, reason }, 'skipped a line of the audit trail that is not an audit event');
  }

  /** Retries until the events are stored. Returns false if this consumer was stopped first. */
  async #store(records: readonly AuditRecord[]): Promise<boolean> {
    const { consumer, logger, name } = this.#deps;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await consumer(records);
        return true;
      } catch (error) {
        if (attempt === 1)
          logger.warn(
            { consumer: name, reason: (error as Error).message, count: records.length },
            'cannot store audit events; retrying',
          );
      }
      await this.#backOff(attempt);
      if (this.#stop.signal.aborted) return false;
    }
  }

  async #backOff(attempt: number): Promise<void> {
    const ms = Math.min(minBackoffMs * 2 ** (attempt - 1), maxBackoffMs);
    await pause(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  #isSaved(): boolean {
    return this.#saved?.file === this.#position.file && this.#saved.offset === this.#position.offset;
  }

  async #save(): Promise<void> {
    if (this.#isSaved()) return;
    const position = this.#position;
    this.#savedAt = performance.now();
    try {
      await this.#deps.positions.save(this.#deps.name, position, this.#deps.store);
      this.#saved = position;
      this.#saving.recovered();
    } catch (error) {
      this.#saving.failed({ reason: (error as Error).message });
    }
  }

  async #close(): Promise<void> {
    const { handle } = this.#open ?? {};
    this.#open = undefined;
    await handle?.close().catch(() => undefined);
  }
}
