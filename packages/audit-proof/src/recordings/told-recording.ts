import type { TrailEvent } from '../verify/trail.ts';

/** A file, as the trail names it. */
export type ToldFile = { name: string; bytes: number; sha256: string };
export type ToldPart = { time: number; files: ToldFile[] };
export type ToldEnd = { outcome: string; parts: number; bytes: number; sha256: string };

/** What the events of the trail say about a recording. Times are milliseconds since the epoch. */
export type ToldRecording = {
  id: string;
  isStarted: boolean;
  /** Whether its session was opened on the cluster. */
  isOpened: boolean;
  /** The time of its latest event. */
  latest: number;
  parts: Map<number, ToldPart>;
  /** How the gateway says that it ended, or the audit service, if the gateway says nothing. */
  end: ToldEnd | undefined;
  /** What was told in two ways: a part, or the end. */
  contradicted: Set<number | 'end'>;
};

export const createToldRecording = (id: string): ToldRecording => ({
  id,
  isStarted: false,
  isOpened: false,
  latest: 0,
  parts: new Map(),
  end: undefined,
  contradicted: new Set(),
});

type Content = Record<string, unknown>;
const isContent = (value: unknown): value is Content => typeof value === 'object' && value !== null;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const digest = /^[0-9a-f]{64}$/;

/** Returns what an event says about a recording. Undefined for other events. */
export function readAbout({ data }: TrailEvent): (Content & { id: string }) | undefined {
  const part = isContent(data) ? data.sallyport : undefined;
  const about = isContent(part) ? part.recording : undefined;
  return isContent(about) && typeof about.id === 'string' && about.id !== '' ? { ...about, id: about.id } : undefined;
}

function readFiles(value: unknown): ToldFile[] {
  return (Array.isArray(value) ? (value as unknown[]) : []).flatMap((file) => {
    if (!isContent(file)) return [];
    const { name, bytes, sha256 } = file;
    return typeof name === 'string' && isCount(bytes) && typeof sha256 === 'string' && digest.test(sha256)
      ? [{ name, bytes, sha256 }]
      : [];
  });
}

const sameFiles = (one: readonly ToldFile[], other: readonly ToldFile[]) =>
  JSON.stringify(one) === JSON.stringify(other);

function tellPart(told: ToldRecording, about: Content, time: number): void {
  const { part } = about;
  const files = readFiles(about.files);
  // A part without files proves nothing. Its number is missing then.
  if (!isCount(part) || part === 0 || files.length === 0) return;
  const known = told.parts.get(part);
  if (!known) told.parts.set(part, { time, files });
  else if (!sameFiles(known.files, files)) told.contradicted.add(part);
}

/** A recording may be declared lost, and its gateway come back. What the gateway says counts. */
function tellEnd(told: ToldRecording, { outcome, parts, bytes, sha256 }: Content): void {
  const end: ToldEnd = {
    outcome: outcome === 'complete' || outcome === 'cut' ? outcome : 'lost',
    parts: isCount(parts) ? parts : 0,
    bytes: isCount(bytes) ? bytes : 0,
    sha256: typeof sha256 === 'string' ? sha256 : '',
  };
  const { end: known } = told;
  if (!known || known.outcome === 'lost') told.end = end;
  else if (end.outcome !== 'lost' && JSON.stringify(known) !== JSON.stringify(end)) told.contradicted.add('end');
}

/** Adds what an event says. Events may come in any order, and more than once. */
export function tell(told: ToldRecording, { type, time }: TrailEvent, about: Content): void {
  const at = Date.parse(time);
  if (at > told.latest) told.latest = at;
  if (type === 'recording.started') told.isStarted = true;
  if (type === 'stream.opened') told.isOpened = true;
  if (type === 'recording.part') tellPart(told, about, at);
  if (type === 'recording.finished') tellEnd(told, about);
}
