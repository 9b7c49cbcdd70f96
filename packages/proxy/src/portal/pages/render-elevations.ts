import type { ElevationView } from '@sallyport/contracts';
import { html, renderTime, type Html } from '@sallyport/pages';
import { elevationsPath, named, pathOf, placeOf } from './elevation-words.ts';
import { renderElevationRow, sortElevations } from './render-list.ts';
import { reviewWords } from './render-review.ts';
import { firstOf, type Landing } from './read-landing.ts';
import { renderRows } from './render-rows.ts';

const nothing: Html = { markup: '' };
/** How many rows the page shows. The page of elevations has more. */
const maxRows = 10;

const isBreakGlass = ({ mine, state, breakGlass }: ElevationView) => mine && state === 'active' && breakGlass === true;

/** Renders what a person must know while they have a right without approval. */
const renderBanner = (view: ElevationView, now: number): Html =>
  html`<p class="note"><strong>Break-glass: ${named(view.name)}</strong> is active on ${placeOf(view)} until ${renderTime(view.expiresAt ?? now, now)}. Everything you do is recorded.${view.review ? html` Review: ${reviewWords(view.review, now)}.` : nothing} <a href="${pathOf(view.id)}">End it</a> when you no longer need it.</p>
`;

/** Renders how many elevations wait for something of the reader. */
function renderWaiting(rows: readonly ElevationView[], what: string, more = ''): Html {
  if (rows.length === 0) return nothing;
  const count = rows.length === 1 ? '1 elevation waits' : `${rows.length} elevations wait`;
  return html`<p class="note"><a href="${elevationsPath}">${count} for your ${what}</a>${more}</p>
`;
}

/** Renders what a person must not overlook: rights without approval that they have, and requests that wait for them. */
export function renderUrgent(found: Landing['elevations'], now: number): Html {
  if ('unavailable' in found) return nothing;
  const { toDecide, toReview } = sortElevations(found.elevations);
  const overdue = toReview.filter(({ review }) => review?.overdue === true).length;
  const banners = found.elevations.filter(isBreakGlass).map((one) => renderBanner(one, now));
  const late = overdue === 0 ? '' : `, ${overdue} overdue`;
  return html`${banners}${renderWaiting(toDecide, 'decision')}${renderWaiting(toReview, 'review', late)}`;
}

/** Renders the section about elevations. People who have none and may ask for none do not see it. */
export function renderElevations(found: Landing['elevations'], now: number): Html {
  const words = {
    title: 'Elevations',
    none: 'You have no elevation, and wait for none.',
    all: 'sallyport elevations list',
  };
  if ('unavailable' in found) return renderRows(found, words, () => nothing);
  const { elevations, mayAsk } = found;
  if (elevations.length === 0 && !mayAsk) return nothing;
  const { toDecide, toReview, own, others } = sortElevations(elevations);
  const all = [...toDecide, ...toReview, ...own, ...others];
  const list = renderRows(firstOf(all, maxRows), words, (one) => renderElevationRow(one, now));
  return html`${list}
<p><a href="${elevationsPath}">${mayAsk ? 'Ask for more rights for a limited time' : 'All elevations'}</a></p>`;
}
