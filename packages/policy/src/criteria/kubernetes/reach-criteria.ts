import type { KubernetesInput } from '../../input/policy-input.ts';
import type { CompileContext, Criterion, CriterionDoc } from '../../language/criterion.ts';
import { definition, textOrListData } from '../../language/json-schema.ts';
import type { Reason } from '../../language/reasons.ts';
import { fail, leaveOpen, pass } from '../../language/verdict.ts';
import { compileTextOrList } from '../../matchers/string-matcher.ts';
import { nameOf, proxiedName, namespaceOf } from '../../reach/name-of.ts';
import { matchesAllOrNone, mayReachOtherNames } from '../../reach/other-names.ts';

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
 * Creates a criterion that is a string matcher or a list over what a request reaches. For a request that reaches
 * several values it is open, unless all of them match or none does.
 */
function createReachCriterion({ name, read, otherwise, reachesOthers, reason, doc }: ReachCriterionOptions): Criterion {
  const okReason = `${reason}-ok` as Reason;
  const failReason = `${reason}-unauthorized` as Reason;
  const openReason = `${reason}-open` as Reason;
  const ok = pass(okReason);
  const unauthorized = fail(failReason);
  const open = leaveOpen(openReason);
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

/**
 * String matcher or list over the object's name. Creates have no name and match nothing. For a request that reaches a whole
 * collection it is open.
 */
export const k8sName = createReachCriterion({
  name: 'k8s/name',
  read: nameOf,
  otherwise: proxiedName,
  reachesOthers: mayReachOtherNames,
  reason: 'k8s-name',
  doc: {
    summary:
      'Holds if the name of the object matches: the one in the path, or the one that a field selector pins (`metadata.name=web`), except for an aggregated API, which may ignore it. ' +
      'Creates have no name and match nothing, not even `not`. For `list`, `watch` and `deletecollection` without a name it is open, so that a deny holds and an allow does not, also for cluster-scoped kinds. ' +
      'The name in a proxy request can have a scheme and a port (`https:web:443`): a deny holds if the name matches with or without them, an allow only as written. ' +
      'A request through `nodes/proxy` has the name of the node but reaches pods of any name: for it a deny by another name is open, unless the same block names `nodes` in `k8s/resource` and has no `k8s/namespace`, which means the node itself.',
    example: { starts_with: 'web-' },
  },
});

/**
 * String matcher or list over the namespace. A request without one matches nothing, not even `not`. For a request that
 * spans namespaces it is open.
 */
export const k8sNamespace = createReachCriterion({
  name: 'k8s/namespace',
  read: namespaceOf,
  reason: 'k8s-namespace',
  doc: {
    summary:
      'Holds if the namespace matches. A request without a namespace (cluster-scoped objects, non-resource paths) matches nothing, not even `not`. ' +
      'For a request that spans namespaces it is open, so that a deny holds and an allow does not: `list`, `watch` and `deletecollection` without a namespace, of a kind that is namespaced or unknown, and everything through `nodes/proxy`. ' +
      'A field selector that pins the namespace (`metadata.namespace=dev`) counts, except for an aggregated API, which may ignore it. Sallyport does not ask which namespaces exist: any might.',
    example: ['web', 'shop'],
  },
});
