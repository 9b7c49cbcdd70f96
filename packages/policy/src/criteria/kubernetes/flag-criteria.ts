import { isShellEquivalent, shellEquivalents } from '@sallyport/contracts';
import type { PolicyInput, KubernetesInput } from '../../input/policy-input.ts';
import type { Criterion, CriterionDoc } from '../../language/criterion.ts';
import { createPlainCriterion, type PlainCriterion } from '../plain/plain-criterion.ts';

type FlagCriterionOptions = Pick<PlainCriterion, 'name'> & {
  /** Undefined if the question does not apply: then neither true nor false matches. */
  readonly read: (input: PolicyInput) => boolean | undefined;
  readonly doc: Pick<CriterionDoc, 'summary'>;
};

/** Creates a criterion that holds if a property is present (`true`) or absent (`false`). */
function createFlagCriterion({ name, read, doc }: FlagCriterionOptions): Criterion {
  return createPlainCriterion({
    name,
    doc: { ...doc, data: '`true` or `false`', example: true, source: 'Sallyport' },
    schema: { type: 'boolean' },
    value: read,
    compile(data, _subpath, { path, faults }) {
      if (typeof data !== 'boolean') return faults.addKind(path, 'true or false', data);
      return (input) => read(input) === data;
    },
  });
}

const changing: ReadonlySet<string | undefined> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** True if a dry run has the real effect: it acts on a running pod, or its response has a token or a Secret. */
function isNeverDry(kubernetes: KubernetesInput): boolean {
  if (kubernetes.apiGroup) return false;
  return (
    kubernetes.resource === 'secrets' ||
    (kubernetes.subresource !== 'ephemeralcontainers' && isShellEquivalent(kubernetes))
  );
}

/** Holds for a request that certainly changes nothing. */
export const k8sDryRun = createFlagCriterion({
  name: 'k8s/dry_run',
  read({ kubernetes }: PolicyInput) {
    if (!kubernetes) return undefined;
    return kubernetes.dryRun === true && changing.has(kubernetes.verb) && !isNeverDry(kubernetes);
  },
  doc: {
    summary:
      'With `true`, holds for a dry run: the query has `dryRun=All` exactly once, and no body can override it. It never holds for a `DELETE` with a body, an exec, a token, or anything with a Secret, because the response contains the Secret. ' +
      'With `false`, holds for everything else, including reads. ' +
      'Whether webhooks and aggregated API servers respect a dry run is up to them.',
  },
});

/** Lists shell equivalents as written in policies: those for every verb, or those only for create. */
const written = (onlyCreate: boolean) =>
  shellEquivalents
    .filter(({ verbs }) => (verbs !== undefined) === onlyCreate)
    .map(
      ({ resource, apiGroup, subresource }) =>
        `\`${resource}${apiGroup === '' ? '' : `.${apiGroup}`}${subresource === '' ? '' : `/${subresource}`}\``,
    )
    .join(', ');

/** Holds for what is equivalent to a shell. If the resource of a request is unknown, neither true nor false matches. */
export const k8sShellEquivalent = createFlagCriterion({
  name: 'k8s/shell_equivalent',
  read({ kubernetes }) {
    if (!kubernetes) return undefined;
    if (isShellEquivalent(kubernetes)) return true;
    return kubernetes.resource || kubernetes.isResourceRequest === false ? false : undefined;
  },
  doc: {
    summary:
      `With \`true\`, holds for everything that is equivalent to a shell or issues a credential of another identity: ${written(false)} with any verb, and \`create\` of ${written(true)}. With \`false\`, holds for everything else. ` +
      'Creating a Secret of type `kubernetes.io/service-account-token` also returns a token, but its type is in the body, which policies do not see: deny `create` of `secrets` if that matters. ' +
      'A pod that mounts the host or runs privileged is equivalent to a shell too, but looks like any other pod: use Pod Security admission for that.',
  },
});
