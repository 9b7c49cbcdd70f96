import type { CompileContext, Criterion, CriterionDoc } from '../../language/criterion.ts';
import { compileTextOrList } from '../../matchers/string-matcher.ts';
import type { KubernetesInput } from '../../input/policy-input.ts';
import { matchesAllOrNone } from '../../reach/matches-all-or-none.ts';
import type { Reason } from '../../language/reasons.ts';
import { definition, textOrListData } from '../../reference/json-schema.ts';
import { fail, leaveOpen, pass } from '../../language/verdict.ts';

type ReachCriterionOptions = {
  readonly name: string;
  /** Returns the string to match: empty if there is none, undefined if the request may reach any. */
  readonly read: (kubernetes: KubernetesInput | undefined) => string | undefined;
  /**
   * Returns another spelling of the same, if there is one: a deny holds if either spelling makes it hold. `not` and
   * `nor` invert that.
   */
  readonly otherwise?: (kubernetes: KubernetesInput) => string | undefined;
  /** Reports, for a place in a policy, whether a request whose own value does not match may reach one that does. */
  readonly reachesOthers?: (context: CompileContext) => (kubernetes: KubernetesInput | undefined) => boolean;
  /** The reasons are `<reason>-ok`, `<reason>-unauthorized` and `<reason>-open`. */
  readonly reason: string;
  readonly doc: Pick<CriterionDoc, 'summary' | 'example'>;
};

/**
 * Creates a criterion that is a string matcher or a list over what a request reaches. For a request that reaches several values
 * it is open, unless all of them match or none does.
 */
export function createReachCriterion({
  name,
  read,
  otherwise,
  reachesOthers,
  reason,
  doc,
}: ReachCriterionOptions): Criterion {
  const [okReason, failReason, openReason] = [
    `${reason}-ok` as Reason,
    `${reason}-unauthorized` as Reason,
    `${reason}-open` as Reason,
  ];
  const [ok, unauthorized, open] = [pass(okReason), fail(failReason), leaveOpen(openReason)];
  return {
    name,
    doc: { ...doc, data: textOrListData, source: 'Sallyport', reasons: [okReason, failReason, openReason] },
    schema: definition('textMatcherOrList'),
    value: ({ kubernetes }) => read(kubernetes) || undefined,
    compile(data, _subpath, context) {
      const { path, faults, action, operator } = context;
      const matches = compileTextOrList(data, path, faults);
      if (!matches) return undefined;
      const decided = matchesAllOrNone(data);
      const inverted = operator === 'not' || operator === 'nor';
      const matchesEither =
        otherwise === undefined || action !== 'deny'
          ? matches
          : (text: string, kubernetes: KubernetesInput | undefined) => {
              const first = matches(text);
              const other = first === inverted ? otherwise(kubernetes!) : undefined;
              return other === undefined ? first : matches(other);
            };
      const ofSeveral = decided === undefined ? open : decided ? ok : unauthorized;
      const reachesOther = reachesOthers?.(context);
      return ({ kubernetes }) => {
        const text = read(kubernetes);
        if (text === undefined) return ofSeveral;
        if (text !== '' && matchesEither(text, kubernetes)) return ok;
        return reachesOther?.(kubernetes) === true ? ofSeveral : unauthorized;
      };
    },
  };
}
