import { createDirectory, diskFiles, holdLock, type Files } from '@sallyport/spool';
import { findParts } from '../disk/find-parts.ts';
import { limitFiles } from '../disk/limit-files.ts';
import { appendLog, pathOfLog } from '../disk/recording-log.ts';
import { describeFailure, RecordingUnavailable } from '../disk/recording-unavailable.ts';
import { createSpace } from '../disk/space.ts';
import { isRecordingId } from '../format/names.ts';
import { partBytesOn } from '../format/part-layout.ts';
import { parseRecipient } from '../seal/age-recipient.ts';
import { createBlockPool } from './block-pool.ts';
import { PublishedRecording } from './published-recording.ts';
import type { Recorder, RecorderOptions } from './recorder.ts';
import { discard, recover } from './recover.ts';
import { partReserve, SessionWriter } from './session-writer.ts';
import { createUploader } from './uploader.ts';
import { within } from './waits.ts';

const patienceMs = 4000;

function lock(dir: string): () => void {
  const unlock = holdLock(dir);
  if (unlock) return unlock;
  throw new Error(`Another process uses the directory ${dir} for recordings. Give each process one of its own.`);
}

/**
 * Opens the directory and locks it. Publishes and uploads what a process before this one left, in the background. Throws
 * if another process has the directory.
 */
export async function openRecorder(options: RecorderOptions, disk: Files = diskFiles): Promise<Recorder> {
  const { dir, maxBytes, store, publish, logger, now } = options;
  const recipients = options.recipients.map(parseRecipient);
  await createDirectory(dir, logger);
  const unlock = lock(dir);
  const files = limitFiles(disk);
  // Before there are new ones.
  const found = await findParts(files, dir).catch((error: unknown) => {
    unlock();
    throw error;
  });
  const space = createSpace(maxBytes);
  const stop = new AbortController();
  const partBytes = partBytesOn(maxBytes);
  const uploader = createUploader({ store, logger, partBytes });
  const deps = { files, dir, publish, logger, now, uploader, stopped: stop.signal };
  const pool = createBlockPool();
  let open = 0;
  let closing: Promise<void> | undefined;
  void recover(deps, space, found);

  async function close(withinMs: number): Promise<void> {
    await uploader.close(withinMs);
    stop.abort();
    unlock();
  }

  return {
    async begin(head, note, hooks) {
      if (!isRecordingId(head.id)) throw new Error('not the id of a recording');
      const share = space.share();
      if (!share.tryTake(partReserve)) throw new RecordingUnavailable('the disk for recordings is full');
      const published = new PublishedRecording(deps, share, head.id, note);
      const writer = new SessionWriter({ ...deps, recipients, head, hooks, share, partBytes, pool, published });
      const started = appendLog(files, pathOfLog(dir, head.id), { note }).then(() => writer.begin());
      try {
        await within(started, patienceMs);
      } catch (error) {
        writer.abandon(error as Error);
        started
          .catch(() => undefined)
          .then(() => writer.settle())
          .then(() => discard(files, dir, head.id))
          .catch(() => undefined);
        throw describeFailure(error as Error);
      }
      open += 1;
      const ended = () => void (open -= 1);
      writer.done.then(ended, ended);
      return writer;
    },
    status() {
      const waiting = [...uploader.waiting];
      return {
        open,
        diskBytes: space.used,
        waitingBytes: waiting.reduce((sum, { bytes }) => sum + bytes, 0),
        oldestWaitingMs: waiting.length === 0 ? 0 : now() - waiting[0]!.since,
      };
    },
    close: (withinMs) => (closing ??= close(withinMs)),
  };
}
