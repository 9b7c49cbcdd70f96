import { isShellEquivalent, shellEquivalents } from '@sallyport/contracts';
import { createFlagCriterion } from './flag-criterion.ts';

/** Each as policies write it: those that are one whatever the verb, and those that only a create is. */
const written = (onlyCreate: boolean) =>
  shellEquivalents
    .filter(({ verbs }) => (verbs !== undefined) === onlyCreate)
    .map(
      ({ resource, apiGroup, subresource }) =>
        `\`${resource}${apiGroup === '' ? '' : `.${apiGroup}`}${subresource === '' ? '' : `/${subresource}`}\``,
    )
    .join(', ');

/**
 * Holds for what is as good as a shell. Neither true nor false matches a request of which the resource is not known.
 */
export const k8sShellEquivalent = createFlagCriterion({
  name: 'k8s/shell_equivalent',
  reason: 'k8s-shell-equivalent',
  read({ kubernetes }) {
    if (!kubernetes) return undefined;
    if (isShellEquivalent(kubernetes)) return true;
    return kubernetes.resource || kubernetes.isResourceRequest === false ? false : undefined;
  },
  doc: {
    summary:
      `With \`true\`, holds for everything that is as good as a shell, or gives the caller another's credential: ${written(false)}, whatever the verb, and \`create\` of ${written(true)}; with \`false\`, for everything else. ` +
      'A Secret of type `kubernetes.io/service-account-token` is answered with a token, too, but its type is in the body, which is not looked at: deny `create` of `secrets` where that matters. ' +
      'A pod that mounts the host or runs privileged is as good as a shell, too, but looks like any other: leave that to Pod Security admission.',
  },
});
