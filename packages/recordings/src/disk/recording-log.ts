import { join } from 'node:path';
import { isMissing, readBytes, writeAll, type Files } from '@sallyport/spool';

/** A part that nothing more is written to, and its files, in the order in which their digests count. */
export type ClosedPart = { part: number; files: { name: string; bytes: number; sha256: string }[] };

/** `cut`: the gateway was stopped, or its disk failed. Everything that the client got is there. */
export type FinishedRecording = { outcome: 'complete' | 'cut'; parts: number; bytes: number; sha256: string };

/**
 * A line of the file beside the parts of a recording, which says what the process after this one must know: what `begin`
 * was given, which parts are published, that the last one has the end, and that this is published as well.
 */
export type LogEntry = { note: unknown } | { published: ClosedPart } | { ended: true } | { finished: true };

/** Returns the path of the log of a recording. */
export const pathOfLog = (dir: string, recording: string): string => join(dir, `${recording}.log`);

/** Appends a line. It begins a line of its own even where a dead process has left part of one. */
export async function appendLog(files: Files, path: string, entry: LogEntry): Promise<void> {
  const file = await files.open(path, 'a', 0o600);
  try {
    await writeAll(file, Buffer.from(`\n${JSON.stringify(entry)}\n`), (await file.stat()).size);
  } finally {
    await file.close();
  }
}

/** Reads a log, without lines that are not whole. A log that is not there is empty. */
export async function readLog(files: Files, path: string): Promise<LogEntry[]> {
  const file = await files.open(path, 'r').catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  if (!file) return [];
  try {
    const text = (await readBytes(file, 0, (await file.stat()).size)).toString();
    return text.split('\n').flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as LogEntry];
      } catch {
        return [];
      }
    });
  } finally {
    await file.close();
  }
}
