import {
  elevationPlanSchema,
  maxPreviewedRequests,
  previewedElevationSchema,
  type ElevationGain,
  type ElevationPlan,
  type ElevationPreview,
  type ElevationPreviewCall,
} from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { gainedRules, type GainedRule } from './gained-rules.ts';
import type { ApiWork } from '../calls/audited-call.ts';
import { checkForQuestion, type AskingDeps, readQuestion, type Question } from './read-question.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { readAnswer, readJsonAs } from '../calls/read-body.ts';

const maxBodyBytes = 8 * 1024;
const timeoutMs = 5000;
const maxGains = 200;

type Place = { cluster: string; namespace: string };
type PreviewDeps = AskingDeps & Pick<PortalDeps, 'rulesOfPerson'>;

/** Returns a request that would use a right; undefined if there is none, or not a single one. */
function requestFor(
  { apiGroup, resource, resourceName }: GainedRule,
  verb: string,
  place: Place,
): Question | undefined {
  if ([apiGroup, resource, verb].includes('*')) return undefined;
  const [kind, subresource] = resource.split('/', 2);
  try {
    return readQuestion({
      ...place,
      verb,
      apiGroup,
      resource: kind,
      subresource,
      name: resourceName,
    });
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}

/** Adds to each right what the policy would say to its requests. */
async function evaluate(
  rules: readonly GainedRule[],
  place: Place,
  allowedOf: (questions: readonly Question[]) => Promise<readonly boolean[]>,
): Promise<ElevationGain[]> {
  const asked = rules
    .flatMap((rule) => rule.verbs.map((verb) => ({ rule, verb, question: requestFor(rule, verb, place) })))
    .filter(({ question }) => question !== undefined)
    .slice(0, maxPreviewedRequests);
  const allowed = asked.length === 0 ? [] : await allowedOf(asked.map(({ question }) => question!));
  return rules.map((rule) => {
    const evaluated = asked.flatMap((one, index) =>
      one.rule === rule ? [{ verb: one.verb, ok: allowed[index] === true }] : [],
    );
    return {
      ...rule,
      refusedByPolicy: evaluated.filter(({ ok }) => !ok).map(({ verb }) => verb),
      conditional: rule.verbs.filter((verb) => !evaluated.some((one) => one.verb === verb)),
    };
  });
}

/** Asks the cluster what the person may do, as they are and with the groups in addition. */
async function compare({ groups, impersonation, cluster }: ElevationPlan, namespace: string, deps: PreviewDeps) {
  const elevated = { ...impersonation, groups: [...impersonation.groups, ...groups] };
  const [before, after] = await Promise.all([
    deps.rulesOfPerson?.(cluster, { impersonation, namespace }),
    deps.rulesOfPerson?.(cluster, { impersonation: elevated, namespace }),
  ]);
  if (!before || !after) return undefined;
  return { rules: gainedRules(before, after), incomplete: before.incomplete || after.incomplete };
}

/**
 * Handles `POST .../elevations/dry-run`: what an elevation would change for the caller, without asking for it. Only for
 * what they may ask for.
 */
export function createPreviewElevation(deps: PreviewDeps): ApiWork {
  return async (request, _caller, context) => {
    const asked = await readJsonAs(previewedElevationSchema, request, maxBodyBytes);
    const comparedIn = asked.namespace ?? 'default';
    const place = { cluster: asked.cluster, namespace: comparedIn };
    const sample = readQuestion({ ...place, verb: 'list', resource: 'pods' });
    const check = checkForQuestion(asked.cluster, sample, request, context, deps);
    const plan = async (questions: readonly Question[]): Promise<ElevationPlan> => {
      const requests = questions.map(({ method, kubernetes }) => ({ method, kubernetes }));
      const body = { check, asked, requests } satisfies ElevationPreviewCall;
      const answer = await deps.authorize.request({ method: 'POST', path: '/v1/elevation-preview', body, timeoutMs });
      const isWhole = ({ allowed }: ElevationPlan) => allowed.length === questions.length;
      return readAnswer(elevationPlanSchema, answer, 'The answer', { isWhole });
    };
    const planned = await plan([]);
    const found = await compare(planned, comparedIn, deps);
    const gains =
      found && (await evaluate(found.rules.slice(0, maxGains), place, async (list) => (await plan(list)).allowed));
    const { impersonation: _own, allowed: _none, ...terms } = planned;
    const preview: ElevationPreview = {
      ...terms,
      comparedIn,
      gains,
      omitted: Math.max(0, (found?.rules.length ?? 0) - maxGains),
      incomplete: found?.incomplete ?? true,
    };
    return { status: 200, body: { preview } };
  };
}
