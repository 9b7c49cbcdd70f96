import type { Alternative, CompiledPolicy, PolicyResult } from '../../gateway-config.ts';
import type { PolicyTools } from '../policy-tools.ts';
import { expressionFields } from './expression-fields.ts';
import { bitOf, fieldsIn, type Field } from './fields.ts';
import { keyOf, recordedInput, type Watch } from './recorded-input.ts';
import type { RecordedRequest } from './recorded-request.ts';

/** What a policy says of a recorded request; or, where that hangs on what the event does not tell, which criteria ask for what. */
export type Judgement = { known: true; effect: PolicyResult['effect']; rule: string } | { known: false; criteria: readonly string[]; fields: readonly Field[] };

type Engine = Pick<PolicyTools, 'evaluatePolicy' | 'pass' | 'fail'>;
/** How a criterion that asks for something missing is taken: in favour of the request, against it, or giving a reason that refuses by itself. */
type Leaning = 'for' | 'against' | 'by-reason';
type Asked = { criteria: Set<string>; missing: number };
type Leant = Record<Leaning, readonly CompiledPolicy[]>;
type State = { watch: Watch; asked: Asked };

const certificate = bitOf('request.clientCertificate');

/** The verdict of a criterion that cannot be judged. Its reason is one that refuses nothing, except where refusing by a reason is what is tried. */
function leantVerdict(alternative: Alternative, action: 'allow' | 'deny', leaning: Leaning, missing: number, { pass, fail }: Engine): number {
  const holds = leaning === 'for' ? action === 'allow' : action === 'deny' && leaning !== 'by-reason';
  // A denial that a bad certificate keeps from holding refuses all the same, by the reason that the certificate gives.
  if (leaning === 'by-reason' && action === 'deny' && alternative.invert && (missing & certificate) !== 0) return pass('client-certificate-required');
  return holds !== alternative.invert ? pass('accept') : fail('reject');
}

function leanAlternative(alternative: Alternative, action: 'allow' | 'deny', leaning: Leaning, state: State, engine: Engine): Alternative {
  const { watch, asked } = state;
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
      if (missing === 0) return verdict;
      asked.missing |= missing;
      asked.criteria.add(label);
      return leantVerdict(alternative, action, leaning, missing, engine);
    };
  });
  return { ...alternative, criteria };
}

function lean(policies: readonly CompiledPolicy[], leaning: Leaning, state: State, engine: Engine): CompiledPolicy[] {
  return policies.map((policy) => ({
    ...policy,
    allow: policy.allow.map((one) => leanAlternative(one, 'allow', leaning, state, engine)),
    deny: policy.deny.map((one) => leanAlternative(one, 'deny', leaning, state, engine)),
  }));
}

const maxRemembered = 50_000;
const maxLists = 2000;

/**
 * Creates the judge of recorded requests. Where an event lacks something that a criterion asks for, the policy is evaluated with that
 * criterion in favour of the request and against it: only if both come to the same is the request judged.
 * Judgements are remembered by the fields that the policies look at. A policy looks at its input alone, field by field, so two requests that agree in
 * every field that was ever looked at are judged alike; when a further field is looked at, what was remembered is forgotten.
 */
export function createRecordedJudge(engine: Engine): (policies: readonly CompiledPolicy[], request: RecordedRequest) => Judgement {
  const state: State = { watch: { read: 0, missing: 0 }, asked: { criteria: new Set(), missing: 0 } };
  const leant = new Map<readonly CompiledPolicy[], Leant>();
  const remembered = new Map<readonly CompiledPolicy[], Map<string, Judgement>>();
  let size = 0;
  let looked = 0;
  const leantFor = (policies: readonly CompiledPolicy[]) => {
    let found = leant.get(policies);
    if (!found) {
      if (leant.size >= maxLists) leant.clear();
      found = { for: lean(policies, 'for', state, engine), against: lean(policies, 'against', state, engine), 'by-reason': lean(policies, 'by-reason', state, engine) };
      leant.set(policies, found);
    }
    return found;
  };
  const forget = () => {
    remembered.clear();
    size = 0;
  };
  return (policies, request) => {
    const known = remembered.get(policies)?.get(keyOf(request, looked));
    if (known) return known;
    state.watch.read = 0;
    const judgement = judge(leantFor(policies), request, state, engine);
    if ((state.watch.read | looked) !== looked || size >= maxRemembered) forget();
    looked |= state.watch.read;
    const ofPolicies = remembered.get(policies) ?? new Map<string, Judgement>();
    remembered.set(policies, ofPolicies.set(keyOf(request, looked), judgement));
    size += 1;
    return judgement;
  };
}

function judge(leant: Leant, request: RecordedRequest, state: State, engine: Engine): Judgement {
  state.asked.criteria.clear();
  state.asked.missing = 0;
  const evaluate = (leaning: Leaning) => engine.evaluatePolicy(leant[leaning], recordedInput(request, state.watch));
  const best = evaluate('for');
  if (state.asked.missing === 0) return { known: true, effect: best.effect, rule: best.rule };
  const all = [best, evaluate('against'), ...((state.asked.missing & certificate) === 0 ? [] : [evaluate('by-reason')])];
  if (all.some(({ effect }) => effect !== best.effect)) return { known: false, criteria: [...state.asked.criteria].toSorted(), fields: fieldsIn(state.asked.missing) };
  return { known: true, effect: best.effect, rule: [...new Set(all.map(({ rule }) => rule))].join(' or ') };
}
