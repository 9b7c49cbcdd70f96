import type { ElevationOption, ElevationOptions, ElevationList, ElevationView } from '@sallyport/contracts';
import { html, type Html } from '@sallyport/pages';
import { shownText } from '@sallyport/kit';
import { firstOf } from './read-landing.ts';
import { renderRows } from './render-rows.ts';
import {
  approvalsWords,
  elevationsPath,
  named,
  pathOf,
  placeOf,
  spanWords,
  stateWords,
  written,
} from './elevation-words.ts';
import { reviewWords } from './render-review.ts';

/**
 * Whether the reader is asked for an approval, at once or after another login. Someone who may only deny is not asked.
 */
const waitsForReader = ({ state, mine, may, freshLogin }: ElevationView) =>
  state === 'pending' && !mine && (may.includes('approve') || freshLogin !== undefined);

const isOver = ({ state }: ElevationView) => state !== 'pending' && state !== 'approved' && state !== 'active';

/** Whether the reader is asked for a review, at once or after another login. */
const waitsForReview = (one: ElevationView) =>
  one.may.includes('review') || (!one.mine && isOver(one) && one.freshLogin !== undefined);

type Sorted = Record<'toDecide' | 'toReview' | 'own' | 'others', ElevationView[]>;

/** Sorts elevations by what they are to their reader. What is to be reviewed is sorted by when that is due. */
export function sortElevations(all: readonly ElevationView[]): Sorted {
  const due = ({ review }: ElevationView) => review?.dueAt ?? Infinity;
  return {
    toDecide: all.filter(waitsForReader),
    toReview: all.filter(waitsForReview).toSorted((a, b) => due(a) - due(b)),
    own: all.filter(({ mine }) => mine),
    others: all.filter((one) => !one.mine && !waitsForReader(one) && !waitsForReview(one)),
  };
}

const nothing: Html = { markup: '' };
const maxRows = 100;
const maxNamed = 5;
/** The page of the elevation shows all of it. */
const maxReason = 200;

/** Renders one elevation as a row, which leads to its page. */
export function renderElevationRow(view: ElevationView, now: number): Html {
  const { name, user, mine, reason } = view;
  const review = view.review?.dueAt === undefined ? nothing : html`<div>Review: ${reviewWords(view.review, now)}</div>`;
  const why = reason === undefined ? nothing : html`<div class="quiet">${written(reason, maxReason)}</div>`;
  return html`<div><a href="${pathOf(view.id)}"><strong>${named(name)}</strong> on ${placeOf(view)}</a>${mine ? nothing : html` for ${named(user)}`}, ${spanWords(view.durationMs)}<div>${stateWords(view, now)}</div>${review}${why}</div>`;
}

/** Renders what can be asked for, as a row that leads to its form. */
function renderOption({ name, places, groups, ...needs }: ElevationOption): Html {
  const clusters = places.map(({ cluster }) => cluster);
  const more = clusters.length > maxNamed ? ` and ${clusters.length - maxNamed} more` : '';
  return html`<div><strong>${name}</strong> on ${clusters.slice(0, maxNamed).join(', ')}${more}<div class="quiet">groups <bdi>${groups.map((group) => shownText(group)).join(', ')}</bdi>, ${approvalsWords(needs)}</div></div><a class="act small" href="${elevationsPath}/new/${name}" aria-label="Ask for ${name}">Ask</a>`;
}

/** Renders the page of elevations: what waits for the reader, what they have, and what they may ask for. */
export function renderList({ elevations, omitted }: ElevationList, { options }: ElevationOptions, now: number): Html {
  const { toDecide, toReview, own, others } = sortElevations(elevations);
  const all = 'sallyport elevations list';
  const row = (one: ElevationView) => renderElevationRow(one, now);
  const section = (title: string, rows: readonly ElevationView[], none: string, left = 0) =>
    renderRows(firstOf(rows, maxRows, left), { title, none, all }, row);
  return html`${section('Waiting for your decision', toDecide, 'Nothing waits for you.')}
${toReview.length === 0 ? nothing : section('Waiting for your review', toReview, '')}
${section('Yours', own, 'You have no elevation, and wait for none.', omitted)}
${others.length === 0 ? nothing : section('Of others', others, '')}
${renderRows(firstOf(options, maxRows), { title: 'Ask for one', none: 'There is none that you may ask for.', all: 'sallyport elevate' }, renderOption)}
<p><a href="/">Start page</a></p>`;
}
