import type { ElevationView } from '@sallyport/contracts';
import { html, renderTime, type Html } from '@sallyport/pages';
import { shownText } from '@sallyport/kit';
import { named, pathOf, written } from './elevation-words.ts';
import { longest } from './read-form.ts';

const nothing: Html = { markup: '' };

/** Names who reviews an elevation. */
const reviewers = (groups: readonly string[] | undefined): Html =>
  groups === undefined || groups.length === 0
    ? { markup: 'someone else' }
    : html`someone of <bdi>${groups.map((group) => shownText(group)).join(' or ')}</bdi>`;

/** Says what has become of a review, or by when it is due. */
export function reviewWords({ groups, dueAt, overdue, done }: NonNullable<ElevationView['review']>, now: number): Html {
  if (done)
    return html`${done.verdict}, by ${named(done.user)} at ${renderTime(done.at, now)}: ${written(done.comment)}`;
  if (dueAt === undefined) return html`needed by ${reviewers(groups)} after its end`;
  return html`${overdue ? 'overdue since' : 'due at'} ${renderTime(dueAt, now)}, by ${reviewers(groups)}`;
}

/** Renders the form of a review: a comment, and a button for each verdict. */
export function renderReview({ id, may, state }: ElevationView): Html {
  if (!may.includes('review')) return nothing;
  const active = state === 'active' ? ' It does not end the elevation.' : '';
  return html`<h2>Review</h2>
<p>Was it justified? A review is final.${active} What was done with it: <code class="command">sallyport audit search --elevation ${id}</code></p>
<form method="post" action="${pathOf(id)}/review">
<label for="comment">What you found, for the audit trail</label>
<textarea id="comment" name="comment" rows="3" required maxlength="${longest.reason}"></textarea>
<div class="actions">
<button type="submit" name="verdict" value="justified">Justified</button>
<button class="plain" type="submit" name="verdict" value="unjustified">Not justified</button>
</div>
</form>`;
}
