import type { ElevationView } from '@sallyport/contracts';
import { html, type Html } from '@sallyport/pages';
import { shownText } from '@sallyport/kit';
import type { GroupRights } from '../api/elevated-rights.ts';
import type { GainedRule } from '../api/gained-rules.ts';

/** How many kinds the page shows. */
const maxRows = 50;

function renderRule({ apiGroup, resource, resourceName, verbs }: GainedRule): Html {
  const kind = shownText(apiGroup === '' ? resource : `${resource}.${apiGroup}`);
  const name = resourceName === undefined ? '' : ` named ${shownText(resourceName)}`;
  return html`<li><div><strong><bdi>${kind}</bdi></strong>${name}</div><div>${verbs.map((verb) => shownText(verb)).join(', ')}</div></li>\n`;
}

/** Renders what the groups of an elevation allow, for those who decide about it. */
export function renderElevatedRights({ cluster, may }: ElevationView, rights: GroupRights): Html {
  if (!may.includes('approve')) return { markup: '' };
  const heading = html`<h2>What the groups allow</h2>`;
  if (rights === undefined)
    return html`${heading}
<p class="note">The cluster does not say at the moment what these groups allow.</p>`;
  const { rules, comparedIn, incomplete } = rights;
  const where = html`in the namespace ${comparedIn} of ${shownText(cluster)}`;
  const more = Math.max(0, rules.length - maxRows);
  const list =
    rules.length === 0
      ? html`<p class="quiet">Nothing ${where}: no role is bound to them there.</p>`
      : html`<p class="quiet">By the roles of the cluster, ${where}. The policy of the gateway still decides about each request.</p>
<ul class="rows">
${rules.slice(0, maxRows).map(renderRule)}</ul>
${more > 0 ? html`<p class="quiet">And ${more} more.</p>` : { markup: '' }}`;
  return html`${heading}
${list}${incomplete ? html`<p class="note">The cluster cannot list all rights, so there may be more.</p>` : { markup: '' }}`;
}
