import type { Frame } from '@sallyport/recordings/read';
import { createScreenFilter } from '@sallyport/recordings/screen';

/** A line with the text. `time` is when it began, in microseconds since the start. */
export type FoundLine = { time: number; stream: string; line: string };

/** A line is searched in pieces of this length at most. */
const longestLine = 16 * 1024;
/** So much of a line is shown around the text. */
const shownAround = 80;

const textOnly = (line: string) => createScreenFilter('text').take(line);

/** Collects the lines of a text in pieces. A piece of a long line begins with the end of the one before it. */
function createLines(overlap: number) {
  let open = '';
  let begun = 0;
  return {
    /** Returns the lines that a piece of text ends. */
    take(text: string, time: number): { line: string; time: number }[] {
      if (open === '') begun = time;
      const lines = `${open}${text}`.split('\n');
      open = lines.pop()!;
      const ended = lines.map((line, index) => ({ line, time: index === 0 ? begun : time }));
      if (lines.length > 0) begun = time;
      while (open.length > longestLine) {
        ended.push({ line: open.slice(0, longestLine), time: begun });
        open = open.slice(longestLine - overlap);
        begun = time;
      }
      return ended;
    },
    rest: () => ({ line: open, time: begun }),
  };
}

function excerpt(line: string, at: number, length: number): string {
  const from = Math.max(0, at - shownAround);
  const until = at + length + shownAround;
  return `${from > 0 ? '…' : ''}${line.slice(from, until).trim()}${until < line.length ? '…' : ''}`;
}

/**
 * Finds the lines of a recording that contain a text: as they were sent, and without their control codes, so that neither
 * hides it.
 */
export async function* findLines(frames: AsyncIterable<Frame>, text: string): AsyncGenerator<FoundLine> {
  const wanted = text.toLowerCase();
  const streams = new Map<string, ReturnType<typeof openStream>>();
  const openStream = () => ({
    decoder: new TextDecoder('utf-8', { ignoreBOM: true }),
    filter: createScreenFilter('text'),
    clean: createLines(wanted.length - 1),
    raw: createLines(wanted.length - 1),
  });
  const find = (stream: string, isRaw: boolean, { line, time }: { line: string; time: number }): FoundLine[] => {
    const at = line.toLowerCase().indexOf(wanted);
    if (at < 0 || (isRaw && textOnly(line).toLowerCase().includes(wanted))) return [];
    return [{ time, stream, line: excerpt(line, at, wanted.length) }];
  };
  for await (const frame of frames) {
    if (frame.type !== 'data' || frame.stream === 'error') continue;
    const { stream, bytes, time } = frame;
    const one = streams.get(stream) ?? openStream();
    streams.set(stream, one);
    const decoded = one.decoder.decode(bytes, { stream: true });
    for (const line of one.clean.take(one.filter.take(decoded), time)) yield* find(stream, false, line);
    for (const line of one.raw.take(decoded, time)) yield* find(stream, true, line);
  }
  for (const [stream, { clean, raw }] of streams) {
    yield* find(stream, false, clean.rest());
    yield* find(stream, true, raw.rest());
  }
}
