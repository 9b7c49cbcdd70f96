import { hasUnsupportedOption, readFrom, reportLeftOutRoute, reportSkippedVerification } from './route-options.ts';
import { importPolicy, type PolicyDeps } from './import-policy.ts';
import type { ImportReport } from './import-report.ts';
import { importRouteIdentity, type IdentityDefaults } from './import-web-identity.ts';
import { type Options, hasSubstitution, readGoDuration, readFileName } from './options.ts';
import { reportUnsupportedOptions } from './unsupported-options.ts';

const decode = (file: string) => `Decode it from base64, and write it to ${file} next to the result.`;

/** Reads a file name, or names the file for a value that is in the source itself. */
function fileOf(options: Options, name: string, file: string, report: ImportReport): string | undefined {
  const named = readFileName(options, `${name}_file`, report);
  const inline = options.text(name);
  if (named !== undefined || inline === undefined) return named;
  if (name.endsWith('key'))
    report.secret(
      options.at(name),
      { text: file, sample: file },
      `${decode(file)} Make it readable for the gateway only.`,
    );
  else report.note(options.at(name), `becomes the file ${file}`, decode(file));
  return file;
}

/** Converts how the gateway reaches an application with TLS. */
function importUpstreamTls(options: Options, to: string, report: ImportReport): Record<string, unknown> {
  const name = new URL(to).hostname.replace(/[^a-zA-Z0-9.-]/g, '-');
  const [caFile, certFile, keyFile] = [
    fileOf(options, 'tls_custom_ca', `${name}-ca.crt`, report),
    fileOf(options, 'tls_client_cert', `${name}-client.crt`, report),
    fileOf(options, 'tls_client_key', `${name}-client.key`, report),
  ];
  const serverName = options.text('tls_upstream_server_name') ?? options.text('tls_server_name');
  options.text('tls_server_name');
  const named = ['tls_custom_ca', 'tls_client_cert', 'tls_client_key', 'tls_server_name', 'tls_upstream_server_name'];
  if (!to.startsWith('https:')) {
    for (const option of named.flatMap((one) => [one, `${one}_file`]).filter((one) => options.isSet(one)))
      report.note(options.at(option), 'is left out, because the address in `to` is not https');
    return {};
  }
  if ((certFile === undefined) !== (keyFile === undefined))
    report.notCarried(
      options.at(certFile === undefined ? 'tls_client_key' : 'tls_client_cert'),
      'has no counterpart in the source: a client certificate needs its key',
      'Set toClientCertFile and toClientKeyFile.',
    );
  return {
    ...(caFile === undefined ? {} : { toCaFile: caFile }),
    ...(serverName === undefined ? {} : { toServerName: serverName }),
    ...(certFile === undefined || keyFile === undefined
      ? {}
      : { toClientCertFile: certFile, toClientKeyFile: keyFile }),
  };
}

/** A web route. `source` is the path of the route. */
export type ImportedWebRoute = { source: string; route: Record<string, unknown> & { from: string; to: string } };

type WebRouteDeps = PolicyDeps & {
  clientCertificates: boolean;
  hostsTaken: Set<string>;
  identity: IdentityDefaults;
};

/** What the schema accepts. */
const longestName = 100;
const leftOut = 'The route is left out.';

/** Returns the origin at which browsers reach the application, which has a host of its own. */
function originOf(options: Options, from: URL, report: ImportReport, { hostsTaken }: WebRouteDeps): string | undefined {
  const host = from.hostname.toLowerCase();
  const refuse = (why: string, instead: string) => {
    report.notCarried(options.at('from'), why, instead);
    return undefined;
  };
  if (from.protocol !== 'https:')
    return refuse(
      from.protocol === 'http:'
        ? 'is not an https address'
        : `is a route for ${from.protocol.replace(/[+:].*/, '')}, not for a web application`,
      from.protocol === 'http:'
        ? `Browsers keep the cookies of the gateway for https only. ${leftOut}`
        : `${leftOut} For access to a cluster, use kubectl port-forward through the gateway.`,
    );
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host) || /^[\d.]+$/.test(host))
    return refuse(
      'has a host that an application cannot have',
      `Give the application a host name of its own. ${leftOut}`,
    );
  if (hostsTaken.has(host))
    return refuse(
      'has the host of another route, but each host leads to one upstream',
      `Put a reverse proxy in front of the applications, or give this one a host of its own. ${leftOut}`,
    );
  hostsTaken.add(host);
  return from.origin;
}

/** Returns the origin of the application: the first of `to`, without its weight. */
function readTo(options: Options, report: ImportReport): string | undefined {
  const [first, ...others] = options.texts('to').map((one) => one.replace(/,\d+$/, ''));
  if (first === undefined) {
    report.fault(options.at('to'), 'is missing', 'a web route needs the address of its application');
    return undefined;
  }
  const url = URL.canParse(first) ? new URL(first) : undefined;
  if (!url) {
    report.fault(options.at('to'), 'is not a URL', 'write it like http://grafana:3000');
    return undefined;
  }
  const plain =
    url.username === '' && url.password === '' && url.search === '' && url.hash === '' && url.pathname === '/';
  if (!plain || !/^https?:$/.test(url.protocol)) {
    report.notCarried(
      options.at('to'),
      plain ? 'is not an http or https address' : 'has more than scheme, host and port',
      `The path of a request goes upstream as it is. Use the plain address of the application. ${leftOut}`,
    );
    return undefined;
  }
  if (others.length > 0)
    report.notCarried(
      options.at('to'),
      `has ${others.length} more ${others.length === 1 ? 'address' : 'addresses'}, but a route has only one`,
      'Put a load balancer in front of the application.',
    );
  return url.origin;
}

/** Converts the time limit of a response, which counts to its first byte here. */
function timeouts(options: Options, report: ImportReport): Record<string, unknown> {
  const text = options.text('timeout');
  if (text === undefined) return {};
  const firstByte = readGoDuration(text);
  if (firstByte === undefined) {
    report.fault(options.at('timeout'), 'is not a duration', 'write it like 30s');
    return {};
  }
  report.note(
    options.at('timeout'),
    'becomes timeouts.firstByte, which ends with the first byte of a response and not with its last',
  );
  return { timeouts: { firstByte } };
}

/** Converts a route to a web application. Returns undefined if it cannot be converted. */
export function importWebRoute(
  options: Options,
  deps: WebRouteDeps,
  report: ImportReport,
): ImportedWebRoute | undefined {
  const address = readFrom(options, report);
  const unsupported = hasUnsupportedOption(options, report);
  const to = readTo(options, report);
  const policy = importPolicy(options, deps, report, { ...deps, kind: 'application' });
  const texts = ['from', 'to'].map((name) => options.raw(name));
  if (hasSubstitution(texts))
    report.notCarried(options.keys, 'has ${ in an address, which the gateway would replace', 'Write it without ${.');
  // Over plain http, there is no certificate to verify.
  if (to?.startsWith('http:') === true) options.raw('tls_skip_verify');
  else reportSkippedVerification(options, 'application', report);
  const identity = importRouteIdentity(options, deps.identity, report);
  const convertible =
    address !== undefined && !unsupported && to !== undefined && policy !== undefined && !hasSubstitution(texts);
  const from = convertible ? originOf(options, address, report, deps) : undefined;
  if (!convertible || from === undefined) {
    reportLeftOutRoute(options, 'web', report);
    return undefined;
  }
  const name = options.text('name')?.trim().slice(0, longestName).trimEnd();
  const parts = {
    ...(name === undefined || name === '' ? {} : { name }),
    ...importUpstreamTls(options, to, report),
    ...(options.flag('preserve_host_header') ? { preserveHost: true } : {}),
    ...timeouts(options, report),
    ...identity,
  };
  // The gateway supports both for every route.
  for (const option of ['allow_spdy', 'allow_websockets']) options.flag(option);
  reportUnsupportedOptions(options, 'web', report);
  return { source: options.keys.join('.'), route: { from, to, ...parts, policy } };
}
