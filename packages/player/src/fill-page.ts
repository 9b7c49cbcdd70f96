import { Refused } from './ask-gateway.ts';
import { element } from './element.ts';

/** Fills the place that the page has for its program, or says there why that is not possible. */
export function fillPage(fill: (place: HTMLElement) => Promise<void>): void {
  const place = document.querySelector<HTMLElement>('#recordings');
  if (!place) return;
  fill(place).catch((error: unknown) => {
    const text = error instanceof Refused ? error.message : 'The gateway cannot be reached. Load the page again.';
    place.replaceChildren(element('p', { class: 'note' }, text));
  });
}
