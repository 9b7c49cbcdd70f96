import type { Frame } from '@sallyport/recordings/read';
import { createScreenText } from '@sallyport/recordings/screen';
import { element } from './element.ts';

/** Shows as text what was written without a terminal. What went to stderr is marked. */
export async function showStreams(stage: HTMLElement, frames: AsyncIterable<Frame>): Promise<void> {
  const screen = createScreenText('text');
  const pieces: HTMLElement[] = [];
  for await (const frame of frames) {
    const shown = screen.take(frame);
    if (shown === undefined || shown.text === '') continue;
    pieces.push(element(shown.stream === 'stderr' ? 'mark' : 'span', {}, shown.text));
  }
  const legend = element('p', { class: 'quiet' }, 'What is marked went to stderr.');
  stage.replaceChildren(legend, element('pre', { class: 'streams' }, ...pieces));
}
