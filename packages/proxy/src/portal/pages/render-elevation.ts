import { formatDuration, type ElevationView } from '@sallyport/contracts';
import { html, renderTime, type Html } from '@sallyport/pages';
import { shownText } from '@sallyport/kit';
import { elevationsPath, named, pathOf, placeOf, spanWords, stateWords, written } from './elevation-words.ts';
import type { GroupRights } from '../api/elevated-rights.ts';
import { renderElevatedRights } from './elevated-rights.ts';
import { renderReview, reviewWords } from './render-review.ts';

/**
 * The script that reloads a page while its reader waits for a decision and looks at it. It reads only how often.
 * Without it, the page has a link that does the same.
 */
export const reloadWhileWaiting = `const wait=document.querySelector("[data-reload]");if(wait)setInterval(()=>{if(document.visibilityState==="visible")location.replace(wait.href)},wait.dataset.reload*1000)`;

const minute = 60_000;

/**
 * Returns after how many seconds a page reloads, from how far the nearest step is. Undefined if that is an hour: a page
 * that is left open must not keep its session alive for as long as a request can wait.
 */
function reloadSeconds(distanceMs: number): number | undefined {
  if (distanceMs < 10 * minute) return 5;
  return distanceMs < 60 * minute ? 30 : undefined;
}

const nothing: Html = { markup: '' };

/** What a reader of the page is told at its top, how to log in again, and what the groups of the elevation allow. */
export type ElevationPage = {
  note?: string | undefined;
  isFault?: boolean;
  loginAgain: string;
  rights?: GroupRights;
  now: number;
};

const labels = { approve: 'Approve', deny: 'Deny', revoke: 'Revoke', withdraw: 'Withdraw' } as const;
type Decision = keyof typeof labels;

function renderFacts(view: ElevationView, now: number): Html {
  const { reason, ticket, startsAt } = view;
  const fact = (label: string, value: Html | undefined) =>
    value ? html`<dt>${label}</dt><dd>${value}</dd>\n` : nothing;
  const approvals = view.approvals.map(
    ({ user, at, sets }) =>
      html`<div>${named(user)}${sets === undefined ? nothing : html` of ${sets.join(', ')}`}, ${renderTime(at, now)}</div>`,
  );
  return html`<dl>
<dt>State</dt><dd>${stateWords(view, now)}</dd>
<dt>Who</dt><dd>${named(view.user)}</dd>
<dt>What</dt><dd>${named(view.name)}</dd>
<dt>Where</dt><dd>${placeOf(view)}</dd>
<dt>Groups</dt><dd><bdi>${view.groups.map((group) => shownText(group)).join(', ')}</bdi></dd>
<dt>For</dt><dd>${spanWords(view.durationMs)}</dd>
${fact('Reason', reason === undefined ? undefined : written(reason))}${fact('Ticket', ticket === undefined ? undefined : written(ticket))}${fact('Start', startsAt === undefined ? undefined : renderTime(startsAt, now))}<dt>Asked for</dt><dd>${renderTime(view.createdAt, now)}</dd>
${fact('Approval', view.breakGlass === true ? html`none: this is break-glass` : undefined)}${fact('Review', view.review && reviewWords(view.review, now))}${fact('Approved by', approvals.length === 0 ? undefined : html`${approvals}`)}${fact('More time for', view.extends === undefined ? undefined : html`<a href="${pathOf(view.extends)}">an earlier elevation</a>`)}</dl>`;
}

/** Reports whether the reader waits for others. */
const waits = ({ mine, state }: ElevationView) => mine && (state === 'pending' || state === 'approved');

/**
 * Renders the buttons of a decision. The note is a text area, in which Enter begins a new line: in an input, Enter would
 * press the first button.
 */
function renderDecision(view: ElevationView): Html {
  const { id, may } = view;
  const decisions = (Object.keys(labels) as Decision[]).filter((action) => may.includes(action));
  if (decisions.length === 0) return nothing;
  // A page that reloads itself would lose what is typed.
  const note = waits(view)
    ? nothing
    : html`<label for="note">Note for the audit trail (optional)</label>
<textarea id="note" name="note" rows="2" maxlength="1024"></textarea>
`;
  const buttons = decisions.map(
    (action) =>
      html`<button type="submit" formaction="${pathOf(id)}/${action}"${action === 'approve' ? nothing : { markup: ' class="plain"' }}>${labels[action]}</button>\n`,
  );
  return html`<form method="post" action="${pathOf(id)}/${decisions.at(-1)!}">
${note}<div class="actions">
${buttons}</div>
</form>`;
}

function renderExtension({ id, may, approvalsNeeded }: ElevationView): Html {
  if (!may.includes('extend')) return nothing;
  return html`<h2>More time</h2>
<p>${approvalsNeeded === 0 ? '' : 'The same people must approve it. '}An elevation can be extended once.</p>
<form method="post" action="${pathOf(id)}/extend">
<label for="for">How much longer, such as 15m</label>
<input class="text" id="for" name="for" required maxlength="20" value="${formatDuration(15 * 60_000)}" autocomplete="off">
<label for="reason">Reason</label>
<textarea id="reason" name="reason" rows="2" maxlength="1024"></textarea>
<div class="actions"><button class="plain" type="submit">Ask for more time</button></div>
</form>`;
}

/** Offers another login where the policy asks for a newer or stronger one. Afterwards the reader decides here. */
function renderLoginAgain({ freshLogin, state, review }: ElevationView, loginAgain: string): Html {
  if (freshLogin === undefined) return nothing;
  const atOnce = state === 'pending' ? 'approve or deny' : state === 'approved' || state === 'active' ? 'revoke' : '';
  const later = review && !review.done && state !== 'pending' ? 'review' : '';
  const what = [atOnce, later].filter((one) => one !== '').join(' or ');
  return html`<p class="note">To ${what === '' ? 'decide about' : what} this, you must have logged in more recently, or in another way. You come back to this page, and then decide.</p>
<p class="actions"><a class="act" href="${loginAgain}">Log in again</a></p>`;
}

/** Offers to look again while the reader waits for others. */
function renderWait(view: ElevationView, now: number): Html {
  const { id, createdAt, approvals, activeFrom } = view;
  if (!waits(view)) return nothing;
  // Something can change soon after the last step, and around the start.
  const steps = [createdAt, ...approvals.map(({ at }) => at), ...(activeFrom === undefined ? [] : [activeFrom])];
  const seconds = reloadSeconds(Math.min(...steps.map((at) => Math.abs(now - at))));
  const often =
    seconds === undefined
      ? html`<a href="${pathOf(id)}">Look again</a>`
      : html`This page looks again every ${seconds} seconds. <a href="${pathOf(id)}" data-reload="${seconds}">Look again now</a>`;
  return html`<p class="quiet">${often}</p>`;
}

/** Renders the page of one elevation, with the buttons for what its reader may do. */
export function renderElevation(view: ElevationView, { note, isFault, loginAgain, rights, now }: ElevationPage): Html {
  const said =
    note === undefined ? nothing : html`<p class="note" role="${isFault ? 'alert' : 'status'}">${note}</p>\n`;
  return html`${said}${renderFacts(view, now)}
${renderWait(view, now)}
${renderLoginAgain(view, loginAgain)}
${renderElevatedRights(view, rights)}
${renderDecision(view)}
${renderReview(view)}
${renderExtension(view)}
<p><a href="${elevationsPath}">All elevations</a></p>`;
}

/** Returns the heading of the page. */
export const titleOf = ({ name, cluster, namespace }: ElevationView): string =>
  `${shownText(name)} on ${placeOf({ cluster, namespace })}`;
