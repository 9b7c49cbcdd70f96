import { isShellEquivalent, shellEquivalents } from '@sallyport/contracts';
import { createFlagCriterion } from './flag-criterion.ts';

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
  reason: 'k8s-shell-equivalent',
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
