/** What a comparison of the trail with the cluster's own audit log can find. */
export const alertKinds = [
  'bypassed-gateway',
  'mismatched',
  'unfinished',
  'denied-by-cluster',
  'missing-in-cluster-log',
] as const;
