import type { Alternative, CompiledPolicy, PolicyResult } from '../../config/gateway-config.ts';
import type { PolicyTools } from '../engine/policy-tools.ts';
import { expressionFields } from './expression-fields.ts';
import { bitOf, fieldsIn, type Field } from './fields.ts';
import { recordedInput, type Watch } from './recorded-input.ts';
import { joinOutcomes } from './join-outcomes.ts';
import type { RecordedRequest } from './recorded-request.ts';
import { requestKey } from './request-key.ts';

/**
 * What a policy says of a recorded request; or, where that hangs on what the event does not tell, which criteria ask
 * for what.
 */
export type RecordedOutcome =
  | { known: true; effect: PolicyResult['effect']; rule: string }
  | { known: false; criteria: readonly string[]; fields: readonly Field[] };

type Engine = Pick<PolicyTools, 'evaluatePolicy' | 'pass' | 'fail'>;
type Action = 'allow' | 'deny';
/**
 * How criteria are taken that ask for something missing: whether the part of the rule holds, by the rule's action and
 * the criterion's turn; and whether a denial that does not hold may refuse by its reason.
 */
type Assumption = { holds(action: Action, turn: number): boolean; byReason: boolean };
/** What happens during one evaluation. */
type Run = {
  watch: Watch;
  assumption: Assumption;
  turn: number;
  criteria: Set<string>;
  missing: number;
  device: boolean;
};

const certificate = bitOf('request.clientCertificate');
/** With more open questions than this not every answer to them is tried. */
const mostTurns = 6;

function assumedVerdict(
  alternative: Alternative,
  action: Action,
  missing: number,
  run: Run,
  { pass, fail }: Engine,
): number {
  const { holds, byReason } = run.assumption;
  const held = holds(action, run.turn);
  run.turn += 1;
  // A denial that a bad certificate keeps from holding refuses all the same, by the reason that the certificate gives.
  if (byReason && !held && action === 'deny' && alternative.invert && (missing & certificate) !== 0)
    return pass('client-certificate-required');
  return held !== alternative.invert ? pass('accept') : fail('reject');
}

function watchAlternative(alternative: Alternative, action: Action, run: Run, engine: Engine): Alternative {
  const { watch } = run;
  const withoutDevice = engine.fail('device-unauthenticated');
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
      return assumedVerdict(alternative, action, missing, run, engine);
    };
  });
  return { ...alternative, criteria };
}

function watchPolicies(policies: readonly CompiledPolicy[], run: Run, engine: Engine): CompiledPolicy[] {
  return policies.map((policy) => ({
    ...policy,
    allow: policy.allow.map((one) => watchAlternative(one, 'allow', run, engine)),
    deny: policy.deny.map((one) => watchAlternative(one, 'deny', run, engine)),
  }));
}

const inFavour = (action: Action) => action === 'allow';
const against = (action: Action) => action === 'deny';

/**
 * Every way in which the open questions may be answered, or enough of them to know the best and the worst; undefined if
 * there are too many.
 */
function assumptions({ turn, missing, device }: Run): Assumption[] | undefined {
  const reasons = (missing & certificate) === 0 ? [false] : [false, true];
  const both = (holds: Assumption['holds']) => reasons.map((byReason) => ({ holds, byReason }));
  // What holds more on the allowing side and less on the denying one is never worse for the request, but for one thing:
  // a device that nobody has shown refuses by its reason, also where its rule allows.
  if (!device) return [...both(inFavour), { holds: against, byReason: false }];
  if (turn > mostTurns) return undefined;
  return Array.from({ length: 1 << turn }, (_none, answers) =>
    both((_action, at) => (answers & (1 << at)) !== 0),
  ).flat();
}

function judge(
  policies: readonly CompiledPolicy[],
  request: RecordedRequest,
  run: Run,
  engine: Engine,
): RecordedOutcome {
  const evaluate = (assumption: Assumption) => {
    Object.assign(run, { assumption, turn: 0 });
    return engine.evaluatePolicy(policies, recordedInput(request, run.watch));
  };
  Object.assign(run, { missing: 0, device: false });
  run.criteria.clear();
  const best = evaluate({ holds: inFavour, byReason: false });
  if (run.missing === 0) return { known: true, effect: best.effect, rule: best.rule };
  const all = assumptions(run)?.map(evaluate);
  if (!all || all.some(({ effect }) => effect !== best.effect))
    return { known: false, criteria: [...run.criteria].toSorted(), fields: fieldsIn(run.missing) };
  return { known: true, effect: best.effect, rule: [...new Set(all.map(({ rule }) => rule))].join(' or ') };
}

/** A patch creates as well if it is an apply patch, which an event does not tell: judged both ways. */
function judgeEither(
  policies: readonly CompiledPolicy[],
  request: RecordedRequest,
  run: Run,
  engine: Engine,
): RecordedOutcome {
  const bit = bitOf('kubernetes.upsert');
  if ((request.missing & bit) === 0) return judge(policies, request, run, engine);
  const as = (upsert: boolean) => judge(policies, { ...request, upsert, missing: request.missing & ~bit }, run, engine);
  return joinOutcomes([as(false), as(true)], 'kubernetes.upsert');
}

const maxRemembered = 50_000;
const maxLists = 2000;

/**
 * Creates the judge of recorded requests. Where an event lacks something that a criterion asks for, the policy is
 * evaluated with that criterion in favour of the request and against it: only if all come to the same is the request
 * judged. Judgements are remembered by the fields that the policies look at. A policy looks at its input alone, field
 * by field, so two requests that agree in every field that was ever looked at are judged alike; when a further field is
 * looked at, what was remembered is forgotten.
 */
export function createRecordedEvaluator(
  engine: Engine,
): (policies: readonly CompiledPolicy[], request: RecordedRequest) => RecordedOutcome {
  const run: Run = {
    watch: { read: 0, missing: 0 },
    assumption: { holds: inFavour, byReason: false },
    turn: 0,
    criteria: new Set(),
    missing: 0,
    device: false,
  };
  const watched = new Map<readonly CompiledPolicy[], readonly CompiledPolicy[]>();
  const remembered = new Map<readonly CompiledPolicy[], Map<string, RecordedOutcome>>();
  let size = 0;
  let looked = 0;
  const watchedFor = (policies: readonly CompiledPolicy[]) => {
    let found = watched.get(policies);
    if (!found) {
      if (watched.size >= maxLists) watched.clear();
      found = watchPolicies(policies, run, engine);
      watched.set(policies, found);
    }
    return found;
  };
  return (policies, request) => {
    const known = remembered.get(policies)?.get(requestKey(request, looked));
    if (known) return known;
    run.watch.read = 0;
    const outcome = judgeEither(watchedFor(policies), request, run, engine);
    if ((run.watch.read | looked) !== looked || size >= maxRemembered) {
      remembered.clear();
      size = 0;
    }
    looked |= run.watch.read;
    const ofPolicies = remembered.get(policies) ?? new Map<string, RecordedOutcome>();
    remembered.set(policies, ofPolicies.set(requestKey(request, looked), outcome));
    size += 1;
    return outcome;
  };
}
