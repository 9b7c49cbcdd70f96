import type { PolicyInput } from '../../policy-input.ts';
import { createFlagCriterion } from './flag-criterion.ts';
import { isShellEquivalent } from './is-shell-equivalent.ts';

const changing: ReadonlySet<string | undefined> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Acts on a running pod at once, or is answered with a token: a dry run of it does the thing itself. */
function isNeverDry(input: PolicyInput): boolean {
  const { kubernetes } = input;
  return kubernetes !== undefined && kubernetes.subresource !== 'ephemeralcontainers' && isShellEquivalent(kubernetes);
}

/** Holds for what surely changes nothing. */
export const k8sDryRun = createFlagCriterion({
  name: 'k8s/dry_run',
  reason: 'k8s-dry-run',
  read(input) {
    const { kubernetes } = input;
    if (!kubernetes) return undefined;
    return kubernetes.dryRun === true && changing.has(kubernetes.verb) && !isNeverDry(input);
  },
  doc: {
    summary: 'With `true`, holds for a change that is only tried: the query says `dryRun=All` exactly once and no body can say otherwise, so never a `DELETE` with a body, an exec or a token. '
      + 'With `false`, holds for everything else, reads too. '
      + 'Webhooks and aggregated API servers must keep the promise themselves.',
  },
});
