import { lackingWords, type ElevationOption, type ElevationView } from '@sallyport/contracts';
import { html, renderTime, type Html } from '@sallyport/pages';
import { shownText } from '@sallyport/kit';

export const elevationsPath = '/.sallyport/elevations';
export const pathOf = (id: string): string => `${elevationsPath}/${encodeURIComponent(id)}`;

/** What a person wrote is at most this long, and shown in full to those who decide. */
const longest = 1024;

/** Renders what a person wrote: one line of visible text. */
export const written = (text: string, most = longest): Html =>
  html`<bdi>${shownText(text.replaceAll(/\s+/g, ' ').trim(), most)}</bdi>`;
/** Renders a name. */
export const named = (text: string): Html => html`<bdi>${shownText(text)}</bdi>`;

/** Names where an elevation applies. */
export const placeOf = ({ cluster, namespace }: Pick<ElevationView, 'cluster' | 'namespace'>): string =>
  shownText(namespace === undefined ? cluster : `${cluster}/${namespace}`);

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** Returns a length of time in words, such as "1 hour 30 minutes". */
export function spanWords(ms: number): string {
  let rest = Math.max(0, Math.round(ms / 1000) * 1000);
  const words = units.flatMap(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count === 0 ? [] : [`${count} ${unit}${count === 1 ? '' : 's'}`];
  });
  return words.length === 0 ? '0 seconds' : words.join(' ');
}

function lacking(view: ElevationView): string {
  const words = lackingWords(view);
  return words === '' ? '' : `, needs ${words}`;
}

/** Says how many approvals something needs, and of whom if each of several sets must approve. */
export function approvalsWords({
  approvalsNeeded,
  approverSets = [],
}: Pick<ElevationOption, 'approvalsNeeded' | 'approverSets'>): string {
  if (approvalsNeeded === 0) return 'without approval';
  const sets = approverSets.map(({ name, approvals }) => `${approvals} of ${name}`).join(', ');
  return `${approvalsNeeded} approval${approvalsNeeded === 1 ? '' : 's'}${sets === '' ? '' : ` (${sets})`}`;
}

/** Says what state an elevation is in, and what comes next. */
export function stateWords(view: ElevationView, now: number): Html {
  const { state, approvals, approvalsNeeded, pendingUntil, activeFrom, expiresAt, ended, unrecorded } = view;
  const time = (at: number | undefined) => (at === undefined ? { markup: 'an unknown time' } : renderTime(at, now));
  const by = ended?.user === undefined ? { markup: '' } : html` by ${named(ended.user)}`;
  const why = ended?.detail === undefined ? { markup: '' } : html`: ${written(ended.detail)}`;
  switch (state) {
    case 'pending':
      return html`waits for approval (${approvals.length} of ${approvalsNeeded}${lacking(view)}) until ${time(pendingUntil)}`;
    case 'approved':
      return unrecorded
        ? html`approved; begins when the audit log has the approval`
        : html`approved; begins at ${time(activeFrom)}`;
    case 'active':
      return html`active until ${time(expiresAt)}`;
    case 'timed-out':
      return html`was not decided in time`;
    default:
      return html`${state}${by} at ${time(ended?.at)}${why}`;
  }
}
