/** Options of a Pomerium route about several addresses behind it. */
export const loadBalancingOptions: readonly string[] = [
  'circuit_breaker_thresholds',
  'outlier_detection',
  'health_checks',
  'healthy_panic_threshold',
  'lb_policy',
  'lb_config',
  '_to_weights',
  'least_request_lb_config',
  'ring_hash_lb_config',
  'maglev_lb_config',
];
