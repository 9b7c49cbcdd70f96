import type { Frame } from '../format/frame.ts';
import { createScreenFilter } from './screen-filter.ts';

export type Shown = { stream: 'stdout' | 'stderr'; text: string };

/** Turns what a recorded program wrote into text that is safe to show. Other frames are not on a screen. */
export type ScreenText = { take(frame: Frame): Shown | undefined; end(): string };

/** Creates it. Each stream has its own decoder, because a character may be split between two frames. */
export function createScreenText(keeps: Parameters<typeof createScreenFilter>[0]): ScreenText {
  const open = () => ({
    decoder: new TextDecoder('utf-8', { ignoreBOM: true }),
    filter: createScreenFilter(keeps),
  });
  const streams = { stdout: open(), stderr: open() };
  return {
    take(frame) {
      if (frame.type !== 'data' || (frame.stream !== 'stdout' && frame.stream !== 'stderr')) return undefined;
      const { stream, bytes } = frame;
      const { decoder, filter } = streams[stream];
      return { stream, text: filter.take(decoder.decode(bytes, { stream: true })) };
    },
    end: () => streams.stderr.filter.end() + streams.stdout.filter.end(),
  };
}
