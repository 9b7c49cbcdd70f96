import { ruleLabel } from '@sallyport/contracts';
import { evaluatePolicy } from '../evaluate/evaluate-policy.ts';
import type { Alternative, CompiledPolicy } from '../language/compiled-policy.ts';
import { fail, pass } from '../language/verdict.ts';
import { expressionFields } from './expression-fields.ts';
import { bitOf, fieldsIn } from './fields.ts';
import { recordedInput, requestKey, type Watch } from './recorded-input.ts';
import { joinOutcomes, type RecordedOutcome } from './recorded-outcome.ts';
import type { RecordedRequest } from './recorded-request.ts';

type Action = 'allow' | 'deny';
/**
 * An assumption about criteria that need a missing field: whether such a part of a rule holds, by the action of the
 * rule and the index of the criterion, and whether a deny rule that does not hold refuses by its reason.
 */
type Assumption = { holds(action: Action, index: number): boolean; byReason: boolean };
/** The state of one evaluation. */
type Run = {
  watch: Watch;
  assumption: Assumption;
  assumed: number;
  criteria: Set<string>;
  missing: number;
  device: boolean;
};

const certificate = bitOf('request.clientCertificate');
/** With more assumptions than this, not every combination is tried. */
const maxAssumed = 6;

function assumedVerdict(alternative: Alternative, action: Action, missing: number, run: Run): number {
  const { holds, byReason } = run.assumption;
  const held = holds(action, run.assumed);
  run.assumed += 1;
  // A deny rule that does not hold because of a bad certificate still refuses, by the reason of the certificate.
  if (byReason && !held && action === 'deny' && alternative.invert && (missing & certificate) !== 0)
    return pass('client-certificate-required');
  return held !== alternative.invert ? pass('accept') : fail('reject');
}

function watchAlternative(alternative: Alternative, action: Action, run: Run): Alternative {
  const { watch } = run;
  const withoutDevice = fail('device-unauthenticated');
  const criteria = alternative.criteria.map((evaluate, index) => {
    const label = alternative.labels[index] ?? '';
    const data = alternative.data[index];
    const visible = label === 'expression' && typeof data === 'string' ? expressionFields(data) : -1;
    return (input: Parameters<typeof evaluate>[0]) => {
      const before = watch.read;
      watch.missing = 0;
      const verdict = evaluate(input);
      const missing = watch.missing & visible;
      watch.read = before | (watch.read & visible);
      if (missing === 0) {
        run.device ||= verdict === withoutDevice;
        return verdict;
      }
      run.missing |= missing;
      run.criteria.add(label);
      return assumedVerdict(alternative, action, missing, run);
    };
  });
  return { ...alternative, criteria };
}

function watchPolicies(policies: readonly CompiledPolicy[], run: Run): CompiledPolicy[] {
  return policies.map((policy) => ({
    ...policy,
    allow: policy.allow.map((one) => watchAlternative(one, 'allow', run)),
    deny: policy.deny.map((one) => watchAlternative(one, 'deny', run)),
  }));
}

const inFavor = (action: Action) => action === 'allow';
const against = (action: Action) => action === 'deny';

/**
 * Returns every combination of assumptions, or enough of them to find the best and the worst decision. Returns
 * undefined if there are too many.
 */
function assumptions({ assumed, missing, device }: Run): Assumption[] | undefined {
  const reasons = (missing & certificate) === 0 ? [false] : [false, true];
  const both = (holds: Assumption['holds']) => reasons.map((byReason) => ({ holds, byReason }));
  // If more allow rules and fewer deny rules hold, the decision is never worse for the request, with one exception: a
  // device that was not presented refuses by its reason, even in an allow rule.
  if (!device) return [...both(inFavor), { holds: against, byReason: false }];
  if (assumed > maxAssumed) return undefined;
  return Array.from({ length: 1 << assumed }, (_none, answers) =>
    both((_action, at) => (answers & (1 << at)) !== 0),
  ).flat();
}

function evaluateOnce(policies: readonly CompiledPolicy[], request: RecordedRequest, run: Run): RecordedOutcome {
  const evaluate = (assumption: Assumption) => {
    Object.assign(run, { assumption, assumed: 0 });
    return evaluatePolicy(policies, recordedInput(request, run.watch));
  };
  Object.assign(run, { missing: 0, device: false });
  run.criteria.clear();
  const best = evaluate({ holds: inFavor, byReason: false });
  if (run.missing === 0) return { known: true, effect: best.effect, rule: ruleLabel(best) };
  const all = assumptions(run)?.map(evaluate);
  if (!all || all.some(({ effect }) => effect !== best.effect))
    return { known: false, criteria: [...run.criteria].toSorted(), fields: fieldsIn(run.missing) };
  return { known: true, effect: best.effect, rule: [...new Set(all.map(ruleLabel))].join(' or ') };
}

/** An apply patch may create an object. If the event does not record whether it was one, evaluates both variants. */
function evaluateVariants(policies: readonly CompiledPolicy[], request: RecordedRequest, run: Run): RecordedOutcome {
  const bit = bitOf('kubernetes.upsert');
  if ((request.missing & bit) === 0) return evaluateOnce(policies, request, run);
  const as = (upsert: boolean) => evaluateOnce(policies, { ...request, upsert, missing: request.missing & ~bit }, run);
  return joinOutcomes([as(false), as(true)], 'kubernetes.upsert');
}

const maxCached = 50_000;
const maxLists = 2000;

/**
 * Creates the evaluator of recorded requests. If a criterion needs a field that the event does not record, the policy
 * is evaluated with that criterion in favor of the request and against it. The decision is known only if the results
 * agree.
 *
 * Decisions are cached by the fields that the policies have read so far. A policy reads only its input, so requests
 * that agree in all these fields get the same decision. When a policy reads a further field, the cache is cleared.
 */
export function createRecordedEvaluator(): (
  policies: readonly CompiledPolicy[],
  request: RecordedRequest,
) => RecordedOutcome {
  const run: Run = {
    watch: { read: 0, missing: 0 },
    assumption: { holds: inFavor, byReason: false },
    assumed: 0,
    criteria: new Set(),
    missing: 0,
    device: false,
  };
  const watched = new Map<readonly CompiledPolicy[], readonly CompiledPolicy[]>();
  const cached = new Map<readonly CompiledPolicy[], Map<string, RecordedOutcome>>();
  let size = 0;
  let fieldsRead = 0;
  const watchedFor = (policies: readonly CompiledPolicy[]) => {
    let found = watched.get(policies);
    if (!found) {
      if (watched.size >= maxLists) watched.clear();
      found = watchPolicies(policies, run);
      watched.set(policies, found);
    }
    return found;
  };
  return (policies, request) => {
    const known = cached.get(policies)?.get(requestKey(request, fieldsRead));
    if (known) return known;
    run.watch.read = 0;
    const outcome = evaluateVariants(watchedFor(policies), request, run);
    if ((run.watch.read | fieldsRead) !== fieldsRead || size >= maxCached) {
      cached.clear();
      size = 0;
    }
    fieldsRead |= run.watch.read;
    const ofPolicies = cached.get(policies) ?? new Map<string, RecordedOutcome>();
    cached.set(policies, ofPolicies.set(requestKey(request, fieldsRead), outcome));
    size += 1;
    return outcome;
  };
}
