import type { ImportReport } from './import-report.ts';
import type { Options } from './options.ts';
import { readFileName } from './references.ts';

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
export function importUpstreamTls(options: Options, to: string, report: ImportReport): Record<string, unknown> {
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
