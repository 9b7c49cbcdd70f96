import type { TrailEvent } from '../verify/trail.ts';
import { isRunning, judgeRecording } from './judge-recording.ts';
import type { ReadRecordingFile, RecordingFault, RecordingsReport } from './recording-report.ts';
import { createToldRecording, readAbout, tell, type ToldFile, type ToldRecording } from './told-recording.ts';

/** Verifies recordings: that the trail says everything about them, and that what is stored is what it says. */
export type RecordingVerifier = {
  /** Takes the events of the trail, in any order. Other events than those of recordings only say when the trail ends. */
  add(event: TrailEvent): void;
  /** Reads what is stored, and names the faults. Without a key: what is sealed is compared by its digest. */
  finish(readFile: ReadRecordingFile, read?: { since?: string }): Promise<RecordingsReport>;
};

const types: ReadonlySet<string> = new Set([
  'recording.started',
  'recording.part',
  'recording.finished',
  // It says that the session ran.
  'stream.opened',
]);
const mostFaults = 1000;
/** A file is named in the trail before it is stored. */
const onItsWayMs = 900_000;

/** Where the trail names a content. */
type Origin = { recording: string; file: string };

/** Returns what is wrong with a stored file whose digest is another one. */
function judgeFile(
  { recording, part, file }: { recording: string; part: number; file: ToldFile },
  stored: { bytes: number; sha256: string },
  origin: Origin | undefined,
): RecordingFault {
  const where = { recording, part, file: file.name };
  if (origin?.recording === recording)
    return { kind: 'swapped', ...where, detail: `it has the content of ${origin.file}` };
  if (origin)
    return {
      kind: 'replayed',
      ...where,
      detail: `it has the content of ${origin.file} of the recording ${origin.recording}`,
    };
  if (stored.bytes < file.bytes)
    return { kind: 'truncated', ...where, detail: `it has ${stored.bytes} of ${file.bytes} bytes` };
  return { kind: 'altered', ...where, detail: 'it has another digest than the trail names' };
}

/** Creates the verifier. It keeps what the trail says about each file, and nothing of the files. */
export function createRecordingVerifier(): RecordingVerifier {
  const recordings = new Map<string, ToldRecording>();
  let until = 0;
  const checkFiles = async (
    readFile: ReadRecordingFile,
    report: RecordingsReport,
    addFault: (fault: RecordingFault) => void,
  ) => {
    const origins = new Map<string, Origin>();
    for (const { id, parts } of recordings.values())
      for (const { files } of parts.values())
        for (const { name, sha256 } of files) origins.set(sha256, { recording: id, file: name });
    for (const { id, parts } of recordings.values())
      for (const [part, { files, time }] of [...parts].toSorted(([one], [other]) => one - other))
        for (const file of files) {
          const stored = await readFile(id, file.name);
          report.files += 1;
          report.bytes += stored?.bytes ?? 0;
          if (stored?.sha256 === file.sha256) continue;
          if (stored) addFault(judgeFile({ recording: id, part, file }, stored, origins.get(stored.sha256)));
          else if (until - time <= onItsWayMs) report.waiting += 1;
          else addFault({ kind: 'removed', recording: id, part, file: file.name, detail: 'it is not stored' });
        }
  };
  return {
    add(event) {
      const at = Date.parse(event.time);
      if (at > until) until = at;
      const about = types.has(event.type) ? readAbout(event) : undefined;
      if (!about) return;
      const told = recordings.get(about.id) ?? createToldRecording(about.id);
      recordings.set(about.id, told);
      tell(told, event, about);
    },
    async finish(readFile, { since } = {}) {
      const period = { since: since === undefined ? undefined : Date.parse(since), until };
      const report: RecordingsReport = {
        recordings: recordings.size,
        running: 0,
        cut: 0,
        files: 0,
        bytes: 0,
        waiting: 0,
        faults: [],
        faultCount: 0,
      };
      const addFault = (fault: RecordingFault) => {
        report.faultCount += 1;
        if (report.faults.length < mostFaults) report.faults.push(fault);
      };
      for (const told of recordings.values()) {
        if (isRunning(told, period)) report.running += 1;
        if (told.end?.outcome === 'cut') report.cut += 1;
        for (const fault of judgeRecording(told, period)) addFault(fault);
      }
      await checkFiles(readFile, report, addFault);
      return report;
    },
  };
}
