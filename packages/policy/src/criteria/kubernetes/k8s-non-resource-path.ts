import { createTextCriterion } from '../text/text-criterion.ts';

/**
 * String matcher or list over the path of a non-resource request, such as `/healthz` or discovery. A request for a resource
 * matches nothing.
 */
export const k8sNonResourcePath = createTextCriterion({
  name: 'k8s/non_resource_path',
  read: ({ kubernetes }) => (kubernetes?.isResourceRequest === false ? kubernetes.path || undefined : undefined),
  takesList: true,
  isClusterPath: () => true,
  doc: {
    summary:
      'Holds if the request is not for a resource (`/healthz`, `/version`, discovery under `/api` and `/apis`) and its path matches. A request for a resource matches nothing, not even `not`. A slash at the end of the path does not count: `/version` also matches `/version/`, which many clients use.',
    example: ['/healthz', '/version'],
    source: 'Sallyport',
  },
});
