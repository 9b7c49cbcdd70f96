import type { ImportReport } from './import-report.ts';
import { importPolicy, type PolicyDeps } from './import-policy.ts';
import { reportUnsupportedOptions } from './report-unsupported-options.ts';
import type { Options } from './options.ts';
import { hasSubstitution, readFileName, variableFor } from './references.ts';

/** One Kubernetes route as a cluster; `source` is the path of the route. */
export type ImportedCluster = {
  source: string;
  cluster: Record<string, unknown> & { name: string; host?: string; server: string };
};

export type RouteDeps = PolicyDeps & {
  nameFor(host: string): string;
  clientCertificates: boolean;
  hostsTaken: Set<string>;
};

const otherRoute =
  'is not a Kubernetes route (it has no kubernetes_service_account_token): web routes are not supported by this version';

/** The name under which people reach the route; a fault if it is no https address. */
function readFrom(options: Options, report: ImportReport): URL | undefined {
  const from = options.text('from');
  if (from === undefined)
    report.fault(options.at('from'), 'is missing', 'every route needs the address that people use');
  else if (!URL.canParse(from) || new URL(from).host === '')
    report.fault(options.at('from'), 'is no address', 'write it like https://k8s.example.com');
  else return new URL(from);
  return undefined;
}

/** The address of the API server: the first of `to`, without the weight that may follow it. */
function readServer(options: Options, report: ImportReport): string | undefined {
  const all = options.texts('to');
  const [first, ...others] = all.map((one) => one.replace(/,\d+$/, ''));
  if (first === undefined) {
    report.fault(options.at('to'), 'is missing', 'a Kubernetes route needs the address of its API server');
    return undefined;
  }
  if (!URL.canParse(first)) {
    report.fault(options.at('to'), 'is no address', 'write it like https://10.0.0.1:6443');
    return undefined;
  }
  const url = new URL(first);
  const loopback = /^(?:127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    report.notCarried(
      options.at('to'),
      "is not https: the gateway's credential would travel in clear",
      "Give the API server's https address; the route is left out.",
    );
    return undefined;
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    report.notCarried(
      options.at('to'),
      'has a user, a query or a fragment',
      'Give the plain address of the API server; the route is left out.',
    );
    return undefined;
  }
  if (others.length > 0)
    report.notCarried(
      options.at('to'),
      `has ${others.length} more ${others.length === 1 ? 'address' : 'addresses'}, and a cluster has one`,
      'Put a load balancer before the API servers.',
    );
  return first.replace(/\/+$/, '');
}

/** How the gateway proves itself to the API server. */
function credential(options: Options, name: string, report: ImportReport): Record<string, unknown> {
  const [token, tokenFile] = [
    options.text('kubernetes_service_account_token'),
    readFileName(options, 'kubernetes_service_account_token_file', report),
  ];
  if (token !== undefined && tokenFile !== undefined)
    report.fault(
      options.at('kubernetes_service_account_token_file'),
      'stands beside kubernetes_service_account_token',
      'give one of the two',
    );
  for (const part of ['tls_client_cert', 'tls_client_key', 'tls_client_cert_file', 'tls_client_key_file']) {
    if (options.says(part))
      report.notCarried(
        options.at(part),
        'stands beside a token, and the gateway proves itself to a cluster in one way',
        'Keep the token, or give clientCertFile and clientKeyFile instead of it.',
      );
    options.raw(part);
  }
  if (tokenFile !== undefined) return { tokenFile };
  const variable = variableFor(name, 'TOKEN');
  const reference = report.secret(
    options.at('kubernetes_service_account_token'),
    { text: `\${env:${variable}}`, sample: 'token' },
    `Put the token into the environment variable ${variable} of the gateway, or give tokenFile, which is read again when it changes.`,
  );
  return { token: reference };
}

/** How the gateway knows the API server. */
function trust(options: Options, name: string, report: ImportReport): Record<string, unknown> {
  const caFile = readFileName(options, 'tls_custom_ca_file', report);
  const serverName = options.text('tls_upstream_server_name') ?? options.text('tls_server_name');
  options.text('tls_server_name');
  const inline = options.text('tls_custom_ca');
  if (inline !== undefined && caFile === undefined)
    report.note(
      options.at('tls_custom_ca'),
      `becomes caFile: ${name}-ca.crt`,
      `Write the certificate, decoded from base64, to ${name}-ca.crt beside the result.`,
    );
  if (options.flag('tls_skip_verify')) {
    report.notCarried(
      options.at('tls_skip_verify'),
      'has no counterpart: the certificate of an API server is always checked',
      'Give caFile, and serverName if the certificate is for another name.',
    );
  }
  return {
    ...(caFile === undefined && inline === undefined ? {} : { caFile: caFile ?? `${name}-ca.crt` }),
    ...(serverName === undefined ? {} : { serverName }),
  };
}

/** The host as the cluster's own address, unless another cluster has it already. */
function address(options: Options, from: URL, report: ImportReport, { hostsTaken }: RouteDeps): { host?: string } {
  const host = from.hostname.toLowerCase();
  if (from.port !== '')
    report.note(options.at('from'), `has port ${from.port}; the gateway has one port for all (gateway.listen)`);
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host) || hostsTaken.has(host)) {
    report.note(
      options.at('from'),
      hostsTaken.has(host) ? "has a host that is another cluster's already" : 'has a host that a cluster cannot have',
      'Reach this cluster by its path, <gateway.url>/clusters/<name>: write new kubeconfigs with "sallyport kubeconfig".',
    );
    return {};
  }
  hostsTaken.add(host);
  return { host };
}

function unfit(options: Options, report: ImportReport): boolean {
  const reasons: [string, string][] = [
    [
      'regex',
      'limits the route to paths by a regular expression, which a policy cannot say; without it more would be open than before',
    ],
    ['prefix_rewrite', 'changes paths, and an API server must see the path that was judged'],
    ['regex_rewrite_pattern', 'changes paths, and an API server must see the path that was judged'],
    ['redirect', 'answers by itself instead of asking the API server'],
    ['response', 'answers by itself instead of asking the API server'],
    ['tls_downstream_client_ca', 'asks callers of this route alone for a certificate'],
    ['tls_downstream_client_ca_file', 'asks callers of this route alone for a certificate'],
  ];
  const found = reasons.filter(([name]) => options.says(name));
  for (const [name, why] of found)
    report.notCarried(options.at(name), why, 'The route is left out; see whether it is needed as it is.');
  for (const name of [
    'regex',
    'regex_priority_order',
    'prefix_rewrite',
    'regex_rewrite_pattern',
    'regex_rewrite_substitution',
    'redirect',
    'response',
    'tls_downstream_client_ca',
    'tls_downstream_client_ca_file',
  ])
    options.raw(name);
  return found.length > 0;
}

/** Translates one route; undefined for what is no Kubernetes route, or cannot be one here. */
export function importRoute(options: Options, deps: RouteDeps, report: ImportReport): ImportedCluster | undefined {
  const from = readFrom(options, report);
  if (!options.says('kubernetes_service_account_token') && !options.says('kubernetes_service_account_token_file')) {
    report.notCarried(options.keys, otherRoute, 'Keep it on Pomerium for now.');
    return undefined;
  }
  const bad = unfit(options, report);
  const server = readServer(options, report);
  const policy = importPolicy(options, deps, report, deps);
  const texts = [
    'tls_custom_ca_file',
    'tls_server_name',
    'tls_upstream_server_name',
    'kubernetes_service_account_token_file',
    'to',
  ].map((name) => options.raw(name));
  if (hasSubstitution(texts))
    report.notCarried(
      options.keys,
      'has ${ in an address or a file name, which would be replaced when the result is read',
      'Write it without that.',
    );
  if (from === undefined || bad || server === undefined || policy === undefined || hasSubstitution(texts)) {
    report.notCarried(
      options.keys,
      'is left out, for what is said of its options',
      'Correct those and import again, or write the cluster by hand.',
    );
    return undefined;
  }
  const name = deps.nameFor(from.hostname);
  const parts = {
    ...trust(options, name, report),
    ...credential(options, name, report),
    ...address(options, from, report, deps),
  };
  // On for Kubernetes routes there, and always on here.
  for (const option of ['allow_spdy', 'allow_websockets']) options.flag(option);
  reportUnsupportedOptions(options, 'route', report);
  return { source: options.keys.join('.'), cluster: { name, server, ...parts, policy } };
}
