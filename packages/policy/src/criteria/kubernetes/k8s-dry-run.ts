import { isShellEquivalent } from '@sallyport/contracts';
import type { KubernetesInput, PolicyInput } from '../../input/policy-input.ts';
import { createFlagCriterion } from './flag-criterion.ts';

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
  reason: 'k8s-dry-run',
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
