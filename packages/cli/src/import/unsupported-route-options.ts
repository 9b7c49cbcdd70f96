import { nothingToDo, type UnsupportedOptions } from './unsupported-option.ts';

/** Options of a Pomerium route that have no counterpart. */
export const unsupportedRouteOptions: readonly UnsupportedOptions[] = [
  [
    ['timeout', 'idle_timeout'],
    'requests to an API server have no end by the clock',
    'Limits stand under streams; a quiet stream is never cut.',
  ],
  [
    [
      'set_request_headers',
      'remove_request_headers',
      'rewrite_response_headers',
      'set_response_headers',
      'preserve_host_header',
      'host_rewrite',
      'host_rewrite_header',
      'host_path_regex_rewrite_pattern',
      'host_path_regex_rewrite_substitution',
    ],
    'what goes to an API server is made from an allow-list of headers',
    nothingToDo,
  ],
  [
    ['pass_identity_headers', 'jwt_groups_filter', 'jwt_issuer_format', 'set_authorization_header'],
    'the person goes upstream by impersonation',
    'Limit the groups that go upstream with clusters[].impersonate.groups.',
  ],
  [
    [
      'tls_downstream_server_name',
      'tls_upstream_allow_renegotiation',
      'allow_renegotiation',
      'enable_google_cloud_serverless_authentication',
      'depends_on',
      'mcp',
      'upstream_tunnel',
      'id',
      'logo_url',
      'name',
      'description',
    ],
    'has no counterpart',
    nothingToDo,
  ],
  [
    ['show_error_details'],
    'a refusal tells its reasons in another way',
    'Set explain: true on the cluster where people may learn what would have let them in.',
  ],
  [
    [
      'idp_client_id',
      'idp_client_secret',
      'idp_access_token_allowed_audiences',
      'identity_providers',
      'bearer_token_format',
    ],
    'providers belong to the gateway, not to a route',
    'Add a further provider to identity.providers.',
  ],
  [
    ['cors_allow_preflight'],
    'a request without a person never reaches a cluster',
    "Browsers use the gateway's own pages.",
  ],
  [
    [
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
    ],
    'a cluster has one address',
    'Put a load balancer before its API servers.',
  ],
];
