import type { ImportReport } from './import-report.ts';
import type { Options } from './options.ts';

type Row = readonly [names: readonly string[], why: string, instead: string];
type Words = { readonly why: string; readonly instead: string };

const nothing = 'Nothing needs to be done.';

const ofTheWhole: readonly Row[] = [
  [
    ['shared_secret', 'shared_secret_file'],
    'services here have a key pair each instead of one shared secret',
    'Make the keys as docs/operations.md says and set services.*.keyFile and publicKey.',
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
    'Set services.*.url, listen and caFile when they do not run in one process.',
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
    'there is no databroker: sessions are in Redis, audit events on Kafka',
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
    'API servers get the person by impersonation; no signed header goes upstream',
    'Limit the groups that go upstream with clusters[].impersonate.groups.',
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
    'a cookie here is an opaque name of a session, with fixed safe attributes',
    nothing,
  ],
  [
    ['authenticate_callback_path', 'signout_redirect_url'],
    'the addresses of the login are fixed',
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
    "groups come from the login's claims, and requests carry a session only",
    'Have the provider put groups into its id_token and name the claim in identity.providers[].claims.groups.',
  ],
  [
    ['default_upstream_timeout', 'timeout_read', 'timeout_write', 'timeout_idle'],
    'requests to an API server have no end by the clock: watch, logs and exec last as long as they are used',
    'Set timeouts.connect and timeouts.firstByte, and streams for limits.',
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
    'each service has its metrics on an admin port of its own',
    'Set services.*.adminListen, and let only the monitoring reach it.',
  ],
  [
    ['log_level', 'proxy_log_level', 'pomerium_debug', 'debug', 'access_log_fields', 'authorize_log_fields'],
    'logs have one form; who did what stands in the audit trail',
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
    'certificates are not obtained here',
    'Have cert-manager or another ACME client write gateway.tls.certFile and keyFile; a renewed one is taken into use without a restart.',
  ],
  [['http_redirect_addr'], 'there is no listener that only redirects', 'Let the load balancer redirect http to https.'],
  [
    ['use_proxy_protocol'],
    'this version does not read the proxy protocol',
    'Let the load balancer set X-Forwarded-For and list it in gateway.trustedProxies.',
  ],
  [
    ['skip_xff_append', 'xff_num_trusted_hops'],
    'a proxy in front is trusted by its address, not by counting hops',
    'List the addresses of your load balancers in gateway.trustedProxies.',
  ],
  [
    ['programmatic_redirect_domain_whitelist'],
    'logins of programs end on this machine (127.0.0.1 and [::1]) by themselves',
    'List other redirect addresses, whole, in login.redirects.',
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
    nothing,
  ],
  [['policy_file'], 'was withdrawn by Pomerium', 'Put its routes under routes and import again.'],
  [
    ['client_ca', 'client_ca_file', 'client_crl', 'client_crl_file'],
    'was replaced by downstream_mtls',
    'Write it as downstream_mtls and import again.',
  ],
];

const ofARoute: readonly Row[] = [
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
    nothing,
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
    nothing,
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

const table = (rows: readonly Row[]): ReadonlyMap<string, Words> =>
  new Map(rows.flatMap(([names, why, instead]) => names.map((name) => [name, { why, instead }] as const)));
const whole = table(ofTheWhole);
const route = table(ofARoute);
const prefixes: readonly [string, Words][] = [
  [
    'tracing_',
    {
      why: 'has no counterpart',
      instead: "Follow a request by its Audit-ID, through the audit trail and the cluster's own log.",
    },
  ],
  ['envoy_', { why: 'there is no Envoy here', instead: nothing }],
  ['autocert_', whole.get('autocert')!],
];

/** Names every option that nobody has read, with the reason why it is left behind and what to do instead. */
export function nameLeftBehind(options: Options, kind: 'whole' | 'route', report: ImportReport): void {
  const known = kind === 'whole' ? whole : route;
  for (const name of options.unread()) {
    const words = known.get(name) ?? prefixes.find(([prefix]) => kind === 'whole' && name.startsWith(prefix))?.[1];
    if (words) report.notCarried(options.at(name), words.why, words.instead);
    else
      report.notCarried(
        options.at(name),
        'is not an option of Pomerium that is known here',
        'Check its spelling; if Pomerium has it, see whether you still need it.',
      );
  }
}
