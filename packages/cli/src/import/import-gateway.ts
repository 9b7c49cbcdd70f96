import type { ImportReport } from './import-report.ts';
import { type Options, readFileName } from './options.ts';

type Section = Record<string, unknown>;
const httpUrl = (text: string | undefined) =>
  text !== undefined && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? new URL(text) : undefined;

/** Returns the URL of the gateway: the current address of Pomerium's login service. */
function gatewayUrl(options: Options, report: ImportReport, firstHost: string | undefined): string {
  const text = options.text('authenticate_service_url');
  const url = httpUrl(text);
  const hosted = url?.hostname === 'authenticate.pomerium.app';
  if (text !== undefined && !url)
    report.fault(
      options.at('authenticate_service_url'),
      'is not an http or https URL',
      'write it like https://authenticate.example.com',
    );
  if (url && !hosted) {
    report.note(
      options.at('authenticate_service_url'),
      'becomes gateway.url, where users log in',
      `Register ${url.origin}/.sallyport/callback at the identity provider. Keep the old address until the migration is complete.`,
    );
    return url.origin;
  }
  if (hosted)
    report.notCarried(
      options.at('authenticate_service_url'),
      'is the hosted login service of Pomerium',
      'Set gateway.url and your own identity provider.',
    );
  const domain = firstHost?.split('.').slice(1).join('.') ?? '';
  const made = `https://sallyport.${domain === '' ? 'example.com' : domain}`;
  report.note(
    hosted ? options.at('authenticate_service_url') : [],
    `the source does not contain a URL for gateway.url, so the result has ${made}`,
    'Choose the address for users. Add it to DNS and to the certificate.',
  );
  return made;
}

/** Returns the certificate of the gateway. There is one for all hosts. */
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
      'Decode certificate and certificate_key from base64, and write them to these files next to the result. Make the key readable only for the gateway.',
    );
    return { certFile: 'tls.crt', keyFile: 'tls.key' };
  }
  for (const { keys } of files.slice(1))
    report.notCarried(
      keys,
      'is a further certificate, but the gateway has only one',
      'Use one certificate that is valid for gateway.url and every clusters[].host.',
    );
  if (files[0]) return { certFile: files[0].certFile, keyFile: files[0].keyFile };
  return undefined;
}

/** Returns the CA of client certificates, and whether every route refuses clients without a valid one. */
export function importClientCertificates(
  options: Options,
  report: ImportReport,
): { clientCaFile?: string; required: boolean } {
  const mtls = options.mapping('downstream_mtls');
  if (!mtls) return { required: false };
  const [caFile, ca] = [readFileName(mtls, 'ca_file', report), mtls.text('ca')];
  const enforcement = mtls.text('enforcement')?.toLowerCase() ?? 'policy_with_default_deny';
  for (const name of ['crl', 'crl_file', 'match_subject_alt_names', 'max_verify_depth']) {
    if (mtls.isSet(name))
      report.notCarried(
        mtls.at(name),
        'restricts which client certificates are valid, and has no counterpart: certificates that it rejects would be valid',
        'Issue client certificates from a dedicated CA, with short lifetimes.',
      );
    mtls.raw(name);
  }
  for (const name of mtls.unread()) report.notCarried(mtls.at(name), 'is not a known option', 'Check the spelling.');
  if (ca !== undefined)
    report.note(
      mtls.at('ca'),
      'becomes gateway.tls.clientCaFile: client-ca.crt',
      'Decode it from base64, and write it to client-ca.crt next to the result.',
    );
  if (enforcement === 'reject_connection')
    report.note(
      mtls.at('enforcement'),
      'becomes a rule of every cluster, which refuses the request instead of the connection',
    );
  const required = (ca !== undefined || caFile !== undefined) && enforcement !== 'policy';
  if (required)
    report.note(mtls.keys, 'becomes a rule of every cluster, which refuses clients without a valid certificate');
  const file = ca === undefined ? caFile : 'client-ca.crt';
  return { ...(file === undefined ? {} : { clientCaFile: file }), required };
}

/** Converts the addresses and the certificate of the gateway. */
export function importGateway(
  options: Options,
  report: ImportReport,
  context: { firstHost: string | undefined; clientCaFile: string | undefined },
): Section {
  const url = gatewayUrl(options, report, context.firstHost);
  const address = options.text('address') ?? ':443';
  const listen = address.startsWith(':') ? `0.0.0.0${address}` : address;
  if (!/^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/.test(listen))
    report.fault(options.at('address'), 'is not a listen address', 'write it like :443');
  const proxyProtocol = options.flag('use_proxy_protocol');
  if (proxyProtocol)
    report.note(
      options.at('use_proxy_protocol'),
      'becomes gateway.proxyProtocol, for a load balancer on the same machine',
      'List the addresses of your load balancers in gateway.trustedProxies. Health checks need version 2 of the protocol.',
    );
  const inFront = { trustedProxies: ['127.0.0.1/32'], ...(proxyProtocol ? { proxyProtocol } : {}) };
  if (options.flag('insecure_server')) {
    report.note(
      options.at('insecure_server'),
      'becomes a gateway without a certificate, which trusts only a load balancer on the same machine',
      'List the addresses of your load balancers in gateway.trustedProxies.',
    );
    return { url, listen, ...inFront };
  }
  const tls = certificate(options, report);
  if (!tls)
    report.note(
      [],
      'the source names no certificate file, so gateway.tls names tls.crt and tls.key',
      'Provide a certificate in these files that is valid for gateway.url and every clusters[].host.',
    );
  return {
    url,
    listen,
    tls: {
      ...(tls ?? { certFile: 'tls.crt', keyFile: 'tls.key' }),
      ...(context.clientCaFile === undefined ? {} : { clientCaFile: context.clientCaFile }),
    },
    ...(proxyProtocol ? inFront : {}),
  };
}
