import type { ImportReport } from './import-report.ts';
import type { Options } from './options.ts';
import { readFileName } from './references.ts';

type Section = Record<string, unknown>;
const httpUrl = (text: string | undefined) =>
  text !== undefined && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? new URL(text) : undefined;

/** What people will type: the address that Pomerium's logins have today. */
function gatewayUrl(options: Options, report: ImportReport, firstHost: string | undefined): string {
  const text = options.text('authenticate_service_url');
  const url = httpUrl(text);
  const hosted = url?.hostname === 'authenticate.pomerium.app';
  if (text !== undefined && !url)
    report.fault(
      options.at('authenticate_service_url'),
      'is no http(s) address',
      'write it like https://authenticate.example.com',
    );
  if (url && !hosted) {
    report.note(
      options.at('authenticate_service_url'),
      'becomes gateway.url, which people type and where they log in',
      `Register ${url.origin}/.sallyport/callback at the identity provider, beside the old address until the move is over.`,
    );
    return url.origin;
  }
  if (hosted)
    report.notCarried(
      options.at('authenticate_service_url'),
      'is a login service that Pomerium runs',
      'Set gateway.url and an identity provider of your own.',
    );
  const domain = firstHost?.split('.').slice(1).join('.') ?? '';
  const made = `https://sallyport.${domain === '' ? 'example.com' : domain}`;
  report.note(
    hosted ? options.at('authenticate_service_url') : [],
    `gateway.url is not known from the source; ${made} stands there`,
    'Choose the address that people will type, and give it a name in DNS and a place in the certificate.',
  );
  return made;
}

/** The certificate that the gateway shows: one, for all of its hosts. */
function certificate(options: Options, report: ImportReport): { certFile: string; keyFile: string } | undefined {
  const pairs = options
    .mappings('certificates')
    .map((one) => ({ one, certFile: readFileName(one, 'cert', report), keyFile: readFileName(one, 'key', report) }));
  const [certFile, keyFile] = [
    readFileName(options, 'certificate_file', report),
    readFileName(options, 'certificate_key_file', report),
  ];
  const inline = options.text('certificate');
  options.raw('certificate_key');
  const files = [
    ...(certFile !== undefined && keyFile !== undefined
      ? [{ certFile, keyFile, keys: options.at('certificate_file') }]
      : []),
    ...pairs.flatMap((pair) =>
      pair.certFile !== undefined && pair.keyFile !== undefined
        ? [{ certFile: pair.certFile, keyFile: pair.keyFile, keys: pair.one.keys }]
        : [],
    ),
  ];
  if (inline !== undefined) {
    report.note(
      options.at('certificate'),
      'becomes gateway.tls.certFile: tls.crt and keyFile: tls.key',
      'Write certificate and certificate_key, decoded from base64, to these files beside the result; keep the key readable by the gateway alone.',
    );
    return { certFile: 'tls.crt', keyFile: 'tls.key' };
  }
  for (const { keys } of files.slice(1))
    report.notCarried(
      keys,
      'is a further certificate, and the gateway shows one',
      'Use one certificate that is valid for gateway.url and every clusters[].host.',
    );
  if (files[0]) return { certFile: files[0].certFile, keyFile: files[0].keyFile };
  return undefined;
}

/** Where callers' certificates come from, and whether a caller without a valid one is refused on every route. */
export function importClientCertificates(
  options: Options,
  report: ImportReport,
): { clientCaFile?: string; required: boolean } {
  const mtls = options.mapping('downstream_mtls');
  if (!mtls) return { required: false };
  const [caFile, ca] = [readFileName(mtls, 'ca_file', report), mtls.text('ca')];
  const enforcement = mtls.text('enforcement')?.toLowerCase() ?? 'policy_with_default_deny';
  for (const name of ['crl', 'crl_file', 'match_subject_alt_names', 'max_verify_depth']) {
    if (mtls.says(name))
      report.notCarried(
        mtls.at(name),
        'narrows which client certificates count, and has no counterpart: those it shuts out would count as valid',
        'Issue client certificates from a CA of their own, with short lives.',
      );
    mtls.raw(name);
  }
  for (const name of mtls.unread())
    report.notCarried(mtls.at(name), 'is not an option that is known here', 'Check its spelling.');
  if (ca !== undefined)
    report.note(
      mtls.at('ca'),
      'becomes gateway.tls.clientCaFile: client-ca.crt',
      'Write it, decoded from base64, to client-ca.crt beside the result.',
    );
  if (enforcement === 'reject_connection')
    report.note(mtls.at('enforcement'), 'becomes a rule of every cluster: the request is refused, not the connection');
  const required = (ca !== undefined || caFile !== undefined) && enforcement !== 'policy';
  if (required)
    report.note(mtls.keys, 'becomes a rule of every cluster that refuses callers without a valid certificate');
  const file = ca === undefined ? caFile : 'client-ca.crt';
  return { ...(file === undefined ? {} : { clientCaFile: file }), required };
}

/** Translates where the gateway listens and how it shows itself. */
export function importGateway(
  options: Options,
  report: ImportReport,
  context: { firstHost: string | undefined; clientCaFile: string | undefined },
): Section {
  const url = gatewayUrl(options, report, context.firstHost);
  const address = options.text('address') ?? ':443';
  const listen = address.startsWith(':') ? `0.0.0.0${address}` : address;
  if (!/^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/.test(listen))
    report.fault(options.at('address'), 'is no address to listen on', 'write it like :443');
  if (options.flag('insecure_server')) {
    report.note(
      options.at('insecure_server'),
      'becomes a gateway without a certificate that trusts a load balancer on this machine alone',
      'List the addresses of your load balancers in gateway.trustedProxies.',
    );
    return { url, listen, trustedProxies: ['127.0.0.1/32'] };
  }
  const tls = certificate(options, report);
  if (!tls)
    report.note(
      [],
      'the source names no certificate file; gateway.tls has tls.crt and tls.key',
      'Put a certificate there that is valid for gateway.url and every clusters[].host.',
    );
  return {
    url,
    listen,
    tls: {
      ...(tls ?? { certFile: 'tls.crt', keyFile: 'tls.key' }),
      ...(context.clientCaFile === undefined ? {} : { clientCaFile: context.clientCaFile }),
    },
  };
}
