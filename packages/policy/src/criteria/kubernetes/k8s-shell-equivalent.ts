import { createFlagCriterion } from './flag-criterion.ts';
import { isShellEquivalent } from './is-shell-equivalent.ts';

/** Holds for what is as good as a shell. Neither true nor false matches a request of which the resource is not known. */
export const k8sShellEquivalent = createFlagCriterion({
  name: 'k8s/shell_equivalent',
  reason: 'k8s-shell-equivalent',
  read({ kubernetes }) {
    if (!kubernetes) return undefined;
    if (isShellEquivalent(kubernetes)) return true;
    return kubernetes.resource || kubernetes.isResourceRequest === false ? false : undefined;
  },
  doc: {
    summary: 'With `true`, holds for everything that is as good as a shell: `pods/exec`, `pods/attach`, `pods/ephemeralcontainers`, `pods/portforward`, `nodes/proxy`, `pods/proxy`, `services/proxy` '
      + 'and `serviceaccounts/token`, whatever the verb; with `false`, for everything else. A pod that mounts the host or runs privileged is as good as a shell, too, but looks like any other: leave that to Pod Security admission.',
  },
});
