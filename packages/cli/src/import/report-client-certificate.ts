import type { ImportReport } from './import-report.ts';
import type { Options } from './options.ts';

/** Reports the client certificate of a Kubernetes route, which always has a token too. */
export function reportClientCertificate(options: Options, report: ImportReport): void {
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
