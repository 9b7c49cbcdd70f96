/**
 * What is wrong with a recording. `removed`, `altered`, `truncated`, `swapped` (it is another file of the recording) and
 * `replayed` (it is one of another recording) are about a stored file. The others are about what the trail says: a part is
 * not told (`missing`), told after the end (`added`) or in two ways (`contradicted`), the totals are others
 * (`wrong-totals`), or the recording has no beginning (`not-started`), no end (`unfinished`), or was `lost`.
 */
export type RecordingFaultKind =
  | 'removed'
  | 'altered'
  | 'truncated'
  | 'swapped'
  | 'replayed'
  | 'missing'
  | 'added'
  | 'contradicted'
  | 'wrong-totals'
  | 'not-started'
  | 'unfinished'
  | 'lost';

export type RecordingFault = {
  kind: RecordingFaultKind;
  recording: string;
  part?: number;
  file?: string;
  /** A sentence for people. */
  detail: string;
};

export type RecordingsReport = {
  recordings: number;
  /** Those that had not ended when the trail did. */
  running: number;
  /** Those whose gateway was stopped. What it had written is there. */
  cut: number;
  files: number;
  bytes: number;
  /** Files that are not stored, but may still be on their way from the gateway. */
  waiting: number;
  /** At most a thousand of them. */
  faults: RecordingFault[];
  faultCount: number;
};

/** Returns what is stored as a file: its size and its digest in hexadecimal. Undefined if it is not there. */
export type ReadRecordingFile = (
  recording: string,
  file: string,
) => Promise<{ bytes: number; sha256: string } | undefined>;
