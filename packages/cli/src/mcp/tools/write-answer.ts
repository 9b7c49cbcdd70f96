import type { ToolAnswer } from './tool-answer.ts';
import { boundText } from '../text/bound-text.ts';
import { markAsData } from '../text/mark-as-data.ts';
import { neutralize } from '../text/neutralize.ts';

/**
 * Writes an answer for a model: the words of this program, and what a cluster returned between them, harmless, bounded
 * and marked as data.
 */
export function writeAnswer({ about, data, notes = [] }: ToolAnswer, maxBytes: number): string {
  if (data === undefined) return [about, ...notes].join('\n');
  const bound = boundText(neutralize(data.text), maxBytes, data.keep);
  const missing = data.keep === 'end' ? 'Its beginning' : 'Its end';
  return [
    about,
    markAsData(bound.text, data.source),
    ...(bound.cut ? [`${missing} is missing, because an answer has at most ${maxBytes} bytes. Ask for less.`] : []),
    ...notes,
  ].join('\n');
}
