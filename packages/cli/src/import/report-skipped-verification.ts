import type { ImportReport } from './import-report.ts';
import type { Options } from './options.ts';

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
