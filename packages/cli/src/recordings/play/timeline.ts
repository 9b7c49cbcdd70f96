import type { Frame } from '@sallyport/recordings/read';
import type { ScreenText, Shown } from '@sallyport/recordings/screen';

/** What appears on the screen, and when: milliseconds since the beginning, with long pauses cut short. */
export type Step = { at: number; shown: Shown };

/** Reads the steps of a recording. A pause takes `idleLimitMs` at most. */
export async function* timeline(
  frames: AsyncIterable<Frame>,
  screen: ScreenText,
  idleLimitMs: number,
): AsyncGenerator<Step> {
  let [at, before] = [0, 0];
  for await (const frame of frames) {
    const shown = screen.take(frame);
    if (shown === undefined) continue;
    const time = frame.time / 1000;
    at += Math.min(Math.max(0, time - before), idleLimitMs);
    before = Math.max(before, time);
    if (shown.text !== '') yield { at, shown };
  }
}
