import type { ImportReport } from './import-report.ts';
import { hasUnsupportedOption, readFrom, reportLeftOutRoute, reportSkippedVerification } from './route-options.ts';
import { importPolicy, type PolicyDeps } from './import-policy.ts';
import { reportUnsupportedOptions } from './unsupported-options.ts';
import { type Options, hasSubstitution, readFileName, variableFor } from './options.ts';

/** Returns a function that names clusters: the first label of the host, or as many labels as make the name unique. */
export function createClusterNames(): (host: string) => string {
  const taken = new Set<string>();
  return (host) => {
    const labels = host
      .toLowerCase()
      .split('.')
      .map((label) => label.replace(/[^a-z0-9-]/g, '-').replace(/^-+|-+$/g, ''))
      .filter((label) => label !== '');
    const base = labels.length === 0 ? 'cluster' : labels[0]!;
    const candidates = labels.map((_label, index) => labels.slice(0, index + 1).join('-'));
    let name = [base, ...candidates].map((one) => one.slice(0, 63).replace(/-+$/, '')).find((one) => !taken.has(one));
    for (let number = 2; name === undefined; number += 1) {
      const numbered = `${base.slice(0, 56)}-${number}`;
      if (!taken.has(numbered)) name = numbered;
    }
    taken.add(name);
    return name;
  };
}

/** Reports the client certificate of a Kubernetes route, which always has a token too. */
function reportClientCertificate(options: Options, report: ImportReport): void {
  for (const part of ['tls_client_cert', 'tls_client_key', 'tls_client_cert_file', 'tls_client_key_file']) {
    if (options.isSet(part))
      report.notCarried(
        options.at(part),
        'is used together with a token, but the gateway has only one credential for a cluster',
        'Keep the token, or replace it with clientCertFile and clientKeyFile.',
      );
    options.raw(part);
  }
}

/** A Kubernetes route as a cluster. `source` is the path of the route. */
export type ImportedCluster = {
  source: string;
  cluster: Record<string, unknown> & { name: string; host?: string; server: string };
};

type RouteDeps = PolicyDeps & {
  nameFor(host: string): string;
  clientCertificates: boolean;
  hostsTaken: Set<string>;
};

/** Reads the address of the API server: the first of `to`, without its weight. */
function readServer(options: Options, report: ImportReport): string | undefined {
  const all = options.texts('to');
  const [first, ...others] = all.map((one) => one.replace(/,\d+$/, ''));
  if (first === undefined) {
    report.fault(options.at('to'), 'is missing', 'a Kubernetes route needs the address of its API server');
    return undefined;
  }
  if (!URL.canParse(first)) {
    report.fault(options.at('to'), 'is not a URL', 'write it like https://10.0.0.1:6443');
    return undefined;
  }
  const url = new URL(first);
  const loopback = /^(?:127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    report.notCarried(
      options.at('to'),
      "does not use https, so the gateway's credential would be sent unencrypted",
      'Use the https address of the API server. The route is left out.',
    );
    return undefined;
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    report.notCarried(
      options.at('to'),
      'has a user, a query or a fragment',
      'Use the plain address of the API server. The route is left out.',
    );
    return undefined;
  }
  if (others.length > 0)
    report.notCarried(
      options.at('to'),
      `has ${others.length} more ${others.length === 1 ? 'address' : 'addresses'}, but a cluster has only one`,
      'Put a load balancer in front of the API servers.',
    );
  return first.replace(/\/+$/, '');
}

/** Converts the credential of the gateway for the API server. */
function credential(options: Options, name: string, report: ImportReport): Record<string, unknown> {
  const [token, tokenFile] = [
    options.text('kubernetes_service_account_token'),
    readFileName(options, 'kubernetes_service_account_token_file', report),
  ];
  if (token !== undefined && tokenFile !== undefined)
    report.fault(
      options.at('kubernetes_service_account_token_file'),
      'cannot be combined with kubernetes_service_account_token',
      'use one of the two',
    );
  if (tokenFile !== undefined) return { tokenFile };
  const variable = variableFor(name, 'TOKEN');
  const reference = report.secret(
    options.at('kubernetes_service_account_token'),
    { text: `\${env:${variable}}`, sample: 'token' },
    `Put the token into the environment variable ${variable} of the gateway, or set tokenFile, which is read again when it changes.`,
  );
  return { token: reference };
}

/** Converts the settings with which the gateway verifies the API server. */
function trust(options: Options, name: string, report: ImportReport): Record<string, unknown> {
  const caFile = readFileName(options, 'tls_custom_ca_file', report);
  const serverName = options.text('tls_upstream_server_name') ?? options.text('tls_server_name');
  options.text('tls_server_name');
  const inline = options.text('tls_custom_ca');
  if (inline !== undefined && caFile === undefined)
    report.note(
      options.at('tls_custom_ca'),
      `becomes caFile: ${name}-ca.crt`,
      `Decode the certificate from base64, and write it to ${name}-ca.crt next to the result.`,
    );
  return {
    ...(caFile === undefined && inline === undefined ? {} : { caFile: caFile ?? `${name}-ca.crt` }),
    ...(serverName === undefined ? {} : { serverName }),
  };
}

/** Returns the host as the address of the cluster, unless another cluster already has it. */
function address(options: Options, from: URL, report: ImportReport, { hostsTaken }: RouteDeps): { host?: string } {
  const host = from.hostname.toLowerCase();
  if (from.port !== '')
    report.note(
      options.at('from'),
      `has port ${from.port}, but the gateway has one port for all clusters (gateway.listen)`,
    );
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host) || hostsTaken.has(host)) {
    report.note(
      options.at('from'),
      hostsTaken.has(host) ? 'has the host of another cluster' : 'has a host that a cluster cannot have',
      'Users reach this cluster by its path, <gateway.url>/clusters/<name>. They need new kubeconfigs from "sallyport kubeconfig".',
    );
    return {};
  }
  hostsTaken.add(host);
  return { host };
}

/** Reports whether a route leads to an API server: Pomerium impersonates the user only with a token of its own. */
export function isKubernetesRoute(options: Options): boolean {
  return options.isSet('kubernetes_service_account_token') || options.isSet('kubernetes_service_account_token_file');
}

/** Converts a Kubernetes route. Returns undefined if it cannot be converted. */
export function importRoute(options: Options, deps: RouteDeps, report: ImportReport): ImportedCluster | undefined {
  const from = readFrom(options, report);
  const unsupported = hasUnsupportedOption(options, report);
  const server = readServer(options, report);
  const policy = importPolicy(options, deps, report, { ...deps, kind: 'cluster' });
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
      'has ${ in an address or a file name, which the gateway would replace',
      'Write it without ${.',
    );
  reportClientCertificate(options, report);
  reportSkippedVerification(options, 'API server', report);
  if (from === undefined || unsupported || server === undefined || policy === undefined || hasSubstitution(texts)) {
    reportLeftOutRoute(options, 'route', report);
    return undefined;
  }
  const name = deps.nameFor(from.hostname);
  const parts = {
    ...trust(options, name, report),
    ...credential(options, name, report),
    ...address(options, from, report, deps),
  };
  // Pomerium enables these for Kubernetes routes, and the gateway always supports both.
  for (const option of ['allow_spdy', 'allow_websockets']) options.flag(option);
  reportUnsupportedOptions(options, 'route', report);
  return { source: options.keys.join('.'), cluster: { name, server, ...parts, policy } };
}
