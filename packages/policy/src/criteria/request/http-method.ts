import { createTextCriterion } from '../common/text-criterion.ts';

/** String matcher over the HTTP method. */
export const httpMethod = createTextCriterion({
  name: 'http_method',
  read: (input) => input.request?.method,
  reason: 'http-method',
  doc: {
    summary: 'Holds if the HTTP method matches. On a cluster, `k8s/verb` is more precise: a GET can be an exec.',
    example: { in: ['GET', 'HEAD'] },
    source: 'Pomerium',
  },
});
