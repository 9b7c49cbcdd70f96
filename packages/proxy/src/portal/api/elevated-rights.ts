import type { ElevatedRights, ElevationView, Impersonation } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { createElevationCalls } from '../calls/ask-elevations.ts';
import type { ApiWork } from '../calls/audited-call.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { gainedRules, type GainedRule } from './gained-rules.ts';

/** What the groups of an elevation allow on its cluster. Undefined if the cluster does not answer. */
export type GroupRights = { rules: GainedRule[]; comparedIn: string; incomplete: boolean } | undefined;

/** The namespace in which the cluster is asked. */
const comparedIn = ({ namespace }: ElevationView) => namespace ?? 'default';

/** A person without rights of their own, so that only those of the groups are counted. */
function member(groups: readonly string[]): Impersonation {
  return { user: 'sallyport:elevation', uid: '', groups: [...groups], extra: {}, droppedGroups: [] };
}

/**
 * Asks the cluster of an elevation what its groups allow there, for those who decide about it. Nothing is asked for
 * anyone else.
 */
export async function readElevatedRights(
  view: ElevationView,
  { rulesOfPerson }: Pick<PortalDeps, 'rulesOfPerson'>,
): Promise<GroupRights> {
  const { cluster, groups, may } = view;
  const namespace = comparedIn(view);
  if (!may.includes('approve') || rulesOfPerson === undefined) return undefined;
  const [before, after] = await Promise.all(
    [[], groups].map((held) => rulesOfPerson(cluster, { impersonation: member(held), namespace })),
  );
  if (!before || !after) return undefined;
  return {
    rules: gainedRules(before, after),
    comparedIn: namespace,
    incomplete: before.incomplete || after.incomplete,
  };
}

const maxRules = 200;

/**
 * Handles `GET .../elevations/:id/rights`: what the groups of an elevation allow in its cluster. Only those who decide
 * about it learn that, and nothing about the other rights of the person.
 */
export function createElevatedRights(deps: Pick<PortalDeps, 'authorize' | 'rulesOfPerson'>): ApiWork {
  const elevations = createElevationCalls(deps);
  return async (request, _caller, context) => {
    const view = await elevations.one(request, context, { action: 'show', id: String(request.params['id']) });
    if (!view.may.includes('approve'))
      throw new ProblemError('forbidden', 'Only those who may approve this elevation see what its groups allow.');
    const rights = await readElevatedRights(view, deps);
    const body: ElevatedRights = {
      comparedIn: comparedIn(view),
      rules: rights?.rules.slice(0, maxRules),
      omitted: Math.max(0, (rights?.rules.length ?? 0) - maxRules),
      incomplete: rights?.incomplete ?? true,
    };
    return { status: 200, body };
  };
}
