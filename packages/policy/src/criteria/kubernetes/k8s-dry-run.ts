import { isShellEquivalent } from '@sallyport/contracts';
import type { KubernetesInput, PolicyInput } from '../../input/policy-input.ts';
import { createFlagCriterion } from './flag-criterion.ts';

const changing: ReadonlySet<string | undefined> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Acts on a running pod at once, or is answered with a token or a Secret: a dry run of it does the thing itself. */
function isNeverDry(kubernetes: KubernetesInput): boolean {
  if (kubernetes.apiGroup) return false;
  return (
    kubernetes.resource === 'secrets' ||
    (kubernetes.subresource !== 'ephemeralcontainers' && isShellEquivalent(kubernetes))
  );
}

/** Holds for what surely changes nothing. */
export const k8sDryRun = createFlagCriterion({
  name: 'k8s/dry_run',
  reason: 'k8s-dry-run',
  read({ kubernetes }: PolicyInput) {
    if (!kubernetes) return undefined;
    return kubernetes.dryRun === true && changing.has(kubernetes.verb) && !isNeverDry(kubernetes);
  },
  doc: {
    summary:
      'With `true`, holds for a change that is only tried: the query says `dryRun=All` exactly once and no body can say otherwise, so never a `DELETE` with a body, an exec, a token, or anything with a Secret, which the answer holds. ' +
      'With `false`, holds for everything else, reads too. ' +
      'Webhooks and aggregated API servers must keep the promise themselves.',
  },
});
