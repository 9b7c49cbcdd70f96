import { createTextCriterion } from '../text/text-criterion.ts';

/** String matcher over the HTTP method. */
export const httpMethod = createTextCriterion({
  name: 'http_method',
  read: (input) => input.request?.method,
  doc: {
    summary: 'Holds if the HTTP method matches. On a cluster, `k8s/verb` is more precise: a GET can be an exec.',
    example: { in: ['GET', 'HEAD'] },
    source: 'Pomerium',
  },
});

/** String matcher over the path of the request, without its query. */
export const httpPath = createTextCriterion({
  name: 'http_path',
  read: (input) => input.request?.path,
  isClusterPath: ({ kubernetes }) => kubernetes !== undefined,
  doc: {
    summary:
      'Holds if the path of the request, without its query, matches. On a cluster it is the path that the API server receives, and a slash at its end does not count.',
    example: { starts_with: '/api/' },
    source: 'Pomerium',
  },
});
