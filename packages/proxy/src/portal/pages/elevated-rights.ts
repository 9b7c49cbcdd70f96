import type { ElevationView, Impersonation } from '@sallyport/contracts';
import { html, type Html } from '@sallyport/pages';
import { shownText } from '@sallyport/kit';
import { gainedRules, type GainedRule } from '../api/gained-rules.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';

/** What the groups of an elevation allow on its cluster. Undefined if the cluster does not answer. */
export type ElevatedRights = { rules: GainedRule[]; comparedIn: string; incomplete: boolean } | undefined;

/** How many kinds the page shows. */
const maxRows = 50;

/** A person without rights of their own, so that only those of the groups are counted. */
function member(groups: readonly string[]): Impersonation {
  return { user: 'sallyport:elevation', uid: '', groups: [...groups], extra: {}, droppedGroups: [] };
}

/**
 * Asks the cluster of an elevation what its groups allow there, for those who decide about it. Nothing is asked for
 * anyone else.
 */
export async function readElevatedRights(
  { cluster, namespace, groups, may }: ElevationView,
  { rulesOfPerson }: Pick<PortalDeps, 'rulesOfPerson'>,
): Promise<ElevatedRights> {
  if (!may.includes('approve') || rulesOfPerson === undefined) return undefined;
  const comparedIn = namespace ?? 'default';
  const [before, after] = await Promise.all(
    [[], groups].map((held) => rulesOfPerson(cluster, { impersonation: member(held), namespace: comparedIn })),
  );
  if (!before || !after) return undefined;
  return { rules: gainedRules(before, after), comparedIn, incomplete: before.incomplete || after.incomplete };
}

function renderRule({ apiGroup, resource, resourceName, verbs }: GainedRule): Html {
  const kind = shownText(apiGroup === '' ? resource : `${resource}.${apiGroup}`);
  const name = resourceName === undefined ? '' : ` named ${shownText(resourceName)}`;
  return html`<li><div><strong><bdi>${kind}</bdi></strong>${name}</div><div>${verbs.map((verb) => shownText(verb)).join(', ')}</div></li>\n`;
}

/** Renders what the groups of an elevation allow, for those who decide about it. */
export function renderElevatedRights({ cluster, may }: ElevationView, rights: ElevatedRights): Html {
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
