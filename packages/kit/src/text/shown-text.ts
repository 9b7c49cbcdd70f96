import { showUnseen } from './show-unseen.ts';

/**
 * Returns a text that a person, a client, a cluster or a provider chose as a page or a message may show it: on one line,
 * with nothing invisible, and not too long.
 */
export function shownText(text: string, maxLength = 200): string {
  const points = Array.from(text.slice(0, 4 * maxLength));
  return showUnseen(points.length > maxLength ? `${points.slice(0, maxLength).join('')}…` : points.join(''));
}
