import type { ImportReport } from './import-report.ts';
import type { Options } from './options.ts';
import { reportUnsupportedOptions } from './report-unsupported-options.ts';

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
