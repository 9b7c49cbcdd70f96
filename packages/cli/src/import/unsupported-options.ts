import type { ImportReport } from './import-report.ts';
import type { Options } from './options.ts';

/** Option names of Pomerium that share an explanation: why they are not supported, and what to do instead. */
type UnsupportedOptions = readonly [names: readonly string[], why: string, instead: string];

const nothingToDo = 'You do not need to do anything.';

/** Options of a Pomerium route about several addresses behind it. */
const loadBalancingOptions: readonly string[] = [
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

/** Global options of Pomerium that have no counterpart. */
const unsupportedGlobalOptions: readonly UnsupportedOptions[] = [
  [
    ['shared_secret', 'shared_secret_file'],
    'each service has its own key pair, and there is no shared secret',
    'Create the keys as described in docs/operations/keys.md, and set services.*.keyFile and publicKey.',
  ],
  [
    [
      'services',
      'authorize_service_url',
      'authorize_service_urls',
      'authorize_internal_service_url',
      'authenticate_internal_service_url',
      'grpc_address',
      'grpc_insecure',
      'grpc_client_timeout',
      'grpc_client_dns_roundrobin',
      'override_certificate_name',
      'certificate_authority',
      'certificate_authority_file',
      'tls_derive',
    ],
    'the services find each other in another way',
    'If they do not run in one process, set services.*.url, listen and caFile.',
  ],
  [
    [
      'databroker_service_url',
      'databroker_service_urls',
      'databroker_internal_service_url',
      'databroker_storage_cert_file',
      'databroker_storage_key_file',
      'databroker_storage_tls_skip_verify',
      'databroker',
    ],
    'there is no databroker: sessions are stored in Redis, and audit events go to Kafka',
    'Set sessions.redis, audit.kafka and audit.store.',
  ],
  [
    [
      'signing_key',
      'signing_key_file',
      'jwt_claims_headers',
      'jwt_groups_filter',
      'jwt_issuer_format',
      'pass_identity_headers',
      'set_authorization_header',
    ],
    'API servers get the user by impersonation, and no signed header',
    'To limit the groups that go upstream, set clusters[].impersonate.groups.',
  ],
  [
    [
      'cookie_name',
      'cookie_secret',
      'cookie_secret_file',
      'cookie_domain',
      'cookie_http_only',
      'cookie_same_site',
      'cookie_secure',
    ],
    'a cookie is an opaque session token with fixed, safe attributes',
    nothingToDo,
  ],
  [
    ['authenticate_callback_path', 'signout_redirect_url'],
    'the paths of the login are fixed',
    'Register <login address>/.sallyport/callback at the identity provider.',
  ],
  [
    [
      'idp_service_account',
      'idp_refresh_directory_timeout',
      'idp_refresh_directory_interval',
      'idp_qps',
      'idp_request_params',
      'idp_access_token_allowed_audiences',
      'identity_providers',
      'bearer_token_format',
    ],
    'groups come from the claims of the login, and requests carry only a session',
    'Configure the provider to put groups into its id_token, and name the claim in identity.providers[].claims.groups.',
  ],
  [
    ['default_upstream_timeout', 'timeout_read', 'timeout_write', 'timeout_idle'],
    'requests to an API server have no time limit: watch, logs and exec last as long as they are in use',
    'Set timeouts.connect, timeouts.firstByte, and the limits under streams.',
  ],
  [
    [
      'metrics_address',
      'metrics_basic_auth',
      'metrics_certificate',
      'metrics_certificate_key',
      'metrics_certificate_file',
      'metrics_certificate_key_file',
      'metrics_client_ca',
      'metrics_client_ca_file',
    ],
    'each service has metrics on its own admin port',
    'Set services.*.adminListen, and allow only your monitoring to reach it.',
  ],
  [
    ['log_level', 'proxy_log_level', 'pomerium_debug', 'debug', 'access_log_fields', 'authorize_log_fields'],
    'logs have a fixed format, and the audit trail records who did what',
    'Set SALLYPORT_LOG_LEVEL.',
  ],
  [
    [
      'autocert',
      'autocert_ca',
      'autocert_email',
      'autocert_use_staging',
      'autocert_eab_key_id',
      'autocert_eab_mac_key',
      'autocert_must_staple',
      'autocert_dir',
      'autocert_trusted_ca',
      'autocert_trusted_ca_file',
    ],
    'the import names files for the certificate',
    'With a single gateway process, replace gateway.tls.certFile and keyFile by gateway.tls.acme. With more, let cert-manager or another ACME client write the files. The gateway loads a renewed certificate without a restart.',
  ],
  [['http_redirect_addr'], 'there is no listener for redirects', 'Let the load balancer redirect http to https.'],
  [
    ['skip_xff_append', 'xff_num_trusted_hops'],
    'the gateway trusts proxies by address, not by the number of hops',
    'List the addresses of your load balancers in gateway.trustedProxies.',
  ],
  [
    ['programmatic_redirect_domain_whitelist'],
    'programs may always redirect their logins to their own machine (127.0.0.1 and [::1])',
    'List other redirect URLs in full in login.redirects.',
  ],
  [
    [
      'set_response_headers',
      'headers',
      'codec_type',
      'dns_lookup_family',
      'runtime_flags',
      'installation_id',
      'branding',
      'google_cloud_serverless_authentication_service_account',
    ],
    'has no counterpart',
    nothingToDo,
  ],
  [['policy_file'], 'is no longer supported by Pomerium', 'Move its routes to routes, and import again.'],
  [
    ['client_ca', 'client_ca_file', 'client_crl', 'client_crl_file'],
    'was replaced by downstream_mtls',
    'Convert it to downstream_mtls, and import again.',
  ],
];

/** Options of a web route that have no counterpart, or not for the reason that they have none for clusters. */
const unsupportedWebRouteOptions: readonly UnsupportedOptions[] = [
  [
    ['idle_timeout'],
    'connections have no idle limit',
    'Streams end when the right to them ends. Set the limits under streams.',
  ],
  [
    ['set_request_headers', 'set_authorization_header'],
    'the gateway adds no headers to a request but those on the user',
    'Set them in the application, or in a reverse proxy in front of it.',
  ],
  [['remove_request_headers'], 'only headers about the user, the connection and the gateway are removed', nothingToDo],
  [
    ['rewrite_response_headers', 'set_response_headers'],
    'responses pass as the application sends them',
    'Set the headers in the application.',
  ],
  [
    ['host_rewrite', 'host_rewrite_header', 'host_path_regex_rewrite_pattern', 'host_path_regex_rewrite_substitution'],
    'the application gets the host of `to`, or that of `from`',
    'Set preserveHost: true for the host of `from`.',
  ],
  [
    ['cors_allow_preflight'],
    'a request without a user never reaches the application',
    'Serve the API that other sites call at an address of its own.',
  ],
  [
    ['show_error_details'],
    'reasons for a refusal are shown in another way',
    'To let users see what would have allowed their request, set explain: true on the route.',
  ],
  [loadBalancingOptions, 'a route has only one address', 'Put a load balancer in front of the application.'],
];

/** Options of a Pomerium route that have no counterpart. */
const unsupportedRouteOptions: readonly UnsupportedOptions[] = [
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

type Explanation = { readonly why: string; readonly instead: string };

const byName = (rows: readonly UnsupportedOptions[]): ReadonlyMap<string, Explanation> =>
  new Map(rows.flatMap(([names, why, instead]) => names.map((name) => [name, { why, instead }] as const)));
const globalOptions = byName(unsupportedGlobalOptions);
const routeOptions = byName(unsupportedRouteOptions);
const webRouteOptions = byName([...unsupportedRouteOptions, ...unsupportedWebRouteOptions]);
const globalPrefixes: readonly [string, Explanation][] = [
  [
    'tracing_',
    {
      why: 'has no counterpart',
      instead: "Follow a request by its Audit-ID, in the audit trail and in the cluster's own log.",
    },
  ],
  ['envoy_', { why: 'there is no Envoy here', instead: nothingToDo }],
  ['autocert_', globalOptions.get('autocert')!],
];

/** Reports every option that was not read, with the reason why it is not carried over and what to do instead. */
export function reportUnsupportedOptions(
  options: Options,
  kind: 'global' | 'route' | 'web',
  report: ImportReport,
): void {
  for (const name of options.unread()) {
    const explanation =
      kind !== 'global'
        ? (kind === 'web' ? webRouteOptions : routeOptions).get(name)
        : (globalOptions.get(name) ?? globalPrefixes.find(([prefix]) => name.startsWith(prefix))?.[1]);
    report.notCarried(
      options.at(name),
      explanation?.why ?? 'is not a known option of Pomerium',
      explanation?.instead ?? 'Check the spelling. If Pomerium has this option, check whether you still need it.',
    );
  }
}
