import { definition } from '../../reference/json-schema.ts';
import { createUnsupportedCriterion } from './unsupported-criterion.ts';

/** Whether the request is for the proxy's own pages. The gateway serves those itself, without policy. */
export const pomeriumRoutes = createUnsupportedCriterion({
  name: 'pomerium_routes',
  reason: 'non-pomerium-route',
  missing: 'policy for the pages under /.pomerium',
  data: 'anything, usually `true`',
  example: true,
  schema: definition('anything'),
  check: () => {},
});
