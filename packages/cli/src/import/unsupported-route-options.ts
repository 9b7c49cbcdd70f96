import { loadBalancingOptions } from './load-balancing-options.ts';
import { nothingToDo, type UnsupportedOptions } from './unsupported-option.ts';

/** Options of a Pomerium route that have no counterpart. */
export const unsupportedRouteOptions: readonly UnsupportedOptions[] = [
  [
    ['timeout', 'idle_timeout'],
    'requests to an API server have no time limit',
    'Set the limits under streams. Idle streams are never closed.',
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
    'the gateway forwards headers from an allow-list',
    nothingToDo,
  ],
  [
    ['pass_identity_headers', 'jwt_groups_filter', 'jwt_issuer_format', 'set_authorization_header'],
    'API servers get the user by impersonation',
    'To limit the groups that go upstream, set clusters[].impersonate.groups.',
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
    'reasons for a refusal are shown in another way',
    'To let users see what would have allowed their request, set explain: true on the cluster.',
  ],
  [
    [
      'idp_client_id',
      'idp_client_secret',
      'idp_access_token_allowed_audiences',
      'identity_providers',
      'bearer_token_format',
    ],
    'identity providers belong to the gateway, not to a route',
    'Add the provider to identity.providers.',
  ],
  [
    ['cors_allow_preflight'],
    'a request without a user never reaches a cluster',
    "Browsers use the gateway's own pages.",
  ],
  [loadBalancingOptions, 'a cluster has only one address', 'Put a load balancer in front of its API servers.'],
];
