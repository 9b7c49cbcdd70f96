import { createHash } from 'node:crypto';
import type { RecordingFault, RecordingFaultKind } from './recording-report.ts';
import type { ToldRecording } from './told-recording.ts';

/** What the trail that was read covers. Times are milliseconds since the epoch. */
export type Period = { since: number | undefined; until: number };

/** A running recording shows a sign of life every few minutes. */
const silentMs = 3_600_000;

/** Whether a recording was still running when the trail ended. */
export const isRunning = ({ end, latest }: ToldRecording, { until }: Period): boolean =>
  end === undefined && until - latest <= silentMs;

/** Names what the trail itself says wrongly about a recording. */
export function judgeRecording(told: ToldRecording, period: Period): RecordingFault[] {
  const { id, isStarted, isOpened, parts, end, contradicted } = told;
  const faults: RecordingFault[] = [];
  const add = (kind: RecordingFaultKind, detail: string, part?: number) =>
    faults.push({ kind, recording: id, ...(part === undefined ? {} : { part }), detail });
  // The trail may begin in the middle of the recording.
  const isWhole = isStarted || period.since === undefined;
  // A gateway that was stopped, or refused the session, before the trail said so leaves one part with only the head.
  const hasRun = isOpened || parts.size > 1 || (end?.parts ?? 0) > 1;
  if (!isStarted && isWhole && hasRun) add('not-started', 'the trail does not say that it began');
  for (const one of contradicted)
    if (one === 'end') add('contradicted', 'the trail says in two ways how it ended');
    else add('contradicted', 'the trail names two contents for this part', one);
  const numbers = [...parts.keys()].toSorted((one, other) => one - other);
  const isEnded = end !== undefined && end.outcome !== 'lost';
  const last = isEnded ? end.parts : (numbers.at(-1) ?? 0);
  const first = isWhole ? 1 : (numbers[0] ?? last + 1);
  let missing = 0;
  for (let number = first; number <= last && missing < 1000; number += 1)
    if (!parts.has(number)) {
      missing += 1;
      add('missing', `the trail does not name this part, but ${isEnded ? `${last} parts` : `part ${last}`}`, number);
    }
  for (const number of numbers)
    if (number > last) add('added', `the recording ended with part ${last}, but the trail names this part too`, number);
  if (end?.outcome === 'lost') add('lost', `it has no end: the gateway was gone after ${numbers.length} parts`);
  if (!end && !isRunning(told, period))
    add('unfinished', 'the trail does not say how it ended, and nothing was heard of it for over an hour');
  if (!isEnded || missing > 0 || !isWhole || contradicted.size > 0) return faults;
  const files = numbers.filter((number) => number <= last).flatMap((number) => parts.get(number)!.files);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const sha256 = createHash('sha256')
    .update(files.map((file) => file.sha256).join(''))
    .digest('hex');
  if (bytes !== end.bytes || sha256 !== end.sha256)
    add(
      'wrong-totals',
      `its end names ${end.bytes} bytes and the digest ${end.sha256 || '-'}, but its parts have ${bytes} bytes and ${sha256}`,
    );
  return faults;
}
