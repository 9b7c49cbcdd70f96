import type { Frame, RecordingHead } from '../format/frame.ts';

type Size = { columns: number; rows: number };

/** A terminal of 0 columns breaks players, and one of 65,535 their memory. */
const clamp = (value: number): number => Math.min(1000, Math.max(1, value));

const createDecoder = () => new TextDecoder('utf-8', { ignoreBOM: true });

/** Writes JSON without control codes. Those of eight bits, which a terminal may act on, are not escaped by themselves. */
const toJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const seconds = (microseconds: number): number => microseconds / 1_000_000;

function headerOf(head: RecordingHead | undefined, size: Size | undefined): string {
  const { columns, rows } = size ?? { columns: 80, rows: 24 };
  return toJson({
    version: 2,
    width: clamp(columns),
    height: clamp(rows),
    ...(head && {
      timestamp: Math.floor(Date.parse(head.start) / 1000),
      ...(head.command && { command: head.command.join(' ') }),
      title: `${head.kind} ${head.namespace}/${head.name} in ${head.cluster} by ${head.user}`,
    }),
  });
}

/** Output may come before the first size, which a client sends at once. So long, and so many lines, wait for it. */
const sizeWait = { time: 1_000_000, lines: 100 };

/** Reports whether a frame has a size. A client without a terminal of its own may send a size of 0. */
const hasSize = (frame: Frame): frame is Extract<Frame, { type: 'resize' }> =>
  frame.type === 'resize' && frame.columns > 0 && frame.rows > 0;

/** Creates what turns frames into lines. Those that do not happen on a screen have none. */
function createLines() {
  const decoders = new Map<string, ReturnType<typeof createDecoder>>();
  const lineOf = (time: number, stream: string, text: string): string | undefined =>
    text === '' ? undefined : toJson([seconds(time), stream === 'stdin' ? 'i' : 'o', text]);
  return {
    of(frame: Frame): string | undefined {
      if (hasSize(frame)) return toJson([seconds(frame.time), 'r', `${clamp(frame.columns)}x${clamp(frame.rows)}`]);
      if (frame.type !== 'data' || frame.stream === 'error') return undefined;
      const decoder = decoders.get(frame.stream) ?? createDecoder();
      decoders.set(frame.stream, decoder);
      return lineOf(frame.time, frame.stream, decoder.decode(frame.bytes, { stream: true }));
    },
    /** Returns the lines of characters that were cut off. */
    rest: (time: number) => [...decoders].map(([stream, decoder]) => lineOf(time, stream, decoder.decode())),
  };
}

/**
 * Turns frames into the lines of an asciicast (version 2), without line ends: a header, then what was printed (`o`),
 * typed (`i`) and resized (`r`, which asciinema before 3 ignores). Bytes that are no UTF-8 become U+FFFD, also where a
 * character was cut off, so that the frames remain the only exact form.
 */
export async function* toAsciicast(frames: AsyncIterable<Frame>): AsyncGenerator<string> {
  const lines = createLines();
  let head: RecordingHead | undefined;
  let waiting: string[] | undefined = [];
  let time = 0;
  for await (const frame of frames) {
    time = frame.time;
    if (frame.type === 'part') head ??= frame.head;
    const size = hasSize(frame) ? frame : undefined;
    if (waiting && (size || time > sizeWait.time || waiting.length >= sizeWait.lines)) {
      yield headerOf(head, size);
      yield* waiting;
      waiting = undefined;
      if (size) continue;
    }
    const line = lines.of(frame);
    if (line === undefined) continue;
    if (waiting) waiting.push(line);
    else yield line;
  }
  if (waiting) {
    yield headerOf(head, undefined);
    yield* waiting;
  }
  for (const line of lines.rest(time)) if (line !== undefined) yield line;
}
