import { create } from 'asciinema-player';
import { toAsciicast, type Frame } from '@sallyport/recordings/read';

/** Plays what was on a terminal. */
export async function showScreen(stage: HTMLElement, frames: AsyncIterable<Frame>): Promise<void> {
  const lines: string[] = [];
  for await (const line of toAsciicast(frames)) lines.push(line);
  create({ data: lines.join('\n') }, stage, { fit: 'width', idleTimeLimit: 2, preload: true });
}
