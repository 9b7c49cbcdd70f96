import type { ImportReport } from './import-report.ts';
import type { Options } from './options.ts';
import { reportUnsupportedOptions } from './unsupported-options.ts';

/** Reports a route that does not verify the certificate of its upstream, which has no counterpart. */
export function reportSkippedVerification(
  options: Options,
  upstream: 'API server' | 'application',
  report: ImportReport,
): void {
  if (!options.flag('tls_skip_verify')) return;
  const [caFile, serverName] = upstream === 'application' ? ['toCaFile', 'toServerName'] : ['caFile', 'serverName'];
  report.notCarried(
    options.at('tls_skip_verify'),
    `has no counterpart: the certificate of an ${upstream} is always verified`,
    `Set ${caFile}, and ${serverName} if the certificate is for another name.`,
  );
}

/** Reports whether the route has options with which it cannot be converted. */
export function hasUnsupportedOption(options: Options, report: ImportReport): boolean {
  const reasons: [string, string][] = [
    [
      'regex',
      'limits the paths by a regular expression, which a policy cannot express; without it, the route would allow more',
    ],
    ['prefix_rewrite', 'rewrites paths, but the upstream must get the path that the policy allowed'],
    ['regex_rewrite_pattern', 'rewrites paths, but the upstream must get the path that the policy allowed'],
    ['redirect', 'answers requests without an upstream'],
    ['response', 'answers requests without an upstream'],
    ['tls_downstream_client_ca', 'requires client certificates on this route only'],
    ['tls_downstream_client_ca_file', 'requires client certificates on this route only'],
  ];
  const found = reasons.filter(([name]) => options.isSet(name));
  for (const [name, why] of found)
    report.notCarried(options.at(name), why, 'The route is left out. Check whether you need this option.');
  for (const name of [...reasons.map(([one]) => one), 'regex_priority_order', 'regex_rewrite_substitution'])
    options.raw(name);
  return found.length > 0;
}

/** Reads the address of the route. Reports a fault if it is not a URL. */
export function readFrom(options: Options, report: ImportReport): URL | undefined {
  const from = options.text('from');
  if (from === undefined)
    report.fault(options.at('from'), 'is missing', 'every route needs the address that users type');
  else if (!URL.canParse(from) || new URL(from).host === '')
    report.fault(options.at('from'), 'is not a URL', 'write it like https://app.example.com');
  else return new URL(from);
  return undefined;
}

/** What a route that is converted keeps, or needs no counterpart for. */
const keptByBoth = [
  'tls_custom_ca',
  'tls_custom_ca_file',
  'tls_server_name',
  'tls_upstream_server_name',
  'allow_spdy',
  'allow_websockets',
];
const kept = {
  route: [...keptByBoth, 'kubernetes_service_account_token', 'kubernetes_service_account_token_file'],
  web: [
    ...keptByBoth,
    'tls_client_cert',
    'tls_client_cert_file',
    'tls_client_key',
    'tls_client_key_file',
    'name',
    'preserve_host_header',
    'timeout',
  ],
};

/**
 * Reports that a route is left out, and those of its options that would have no counterpart in any case. So the reader
 * who writes the route by hand knows all of them.
 */
export function reportLeftOutRoute(options: Options, kind: 'route' | 'web', report: ImportReport): void {
  for (const name of kept[kind]) options.raw(name);
  reportUnsupportedOptions(options, kind, report);
  report.notCarried(
    options.keys,
    'is left out because of its options, see above',
    `Change these options and import again, or write the ${kind === 'route' ? 'cluster' : 'route'} by hand.`,
  );
}
