import { CliError } from '../terminal/cli-error.ts';

const trustFaults = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
]);

const words: Record<string, [string, string]> = {
  ECONNREFUSED: ['nothing listens there', 'Check the address, and that the gateway runs.'],
  ENOTFOUND: ['its name is not known', 'Check the address and the network (a VPN?).'],
  EAI_AGAIN: ['its name cannot be looked up now', 'Check the network (a VPN?) and try again.'],
  ECONNRESET: ['the connection was cut', 'Try again; a proxy or firewall on the way may be cutting it.'],
  EHOSTUNREACH: ['no road leads there', 'Check the network (a VPN?).'],
  ENETUNREACH: ['no road leads there', 'Check the network (a VPN?).'],
  ETIMEDOUT: ['it does not answer', 'Check the network (a VPN?) and try again.'],
  TIMEOUT: ['it does not answer', 'Check the network (a VPN?) and try again.'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'its certificate is for another name',
    'Use the name that the certificate was made for.',
  ],
  CERT_HAS_EXPIRED: ['its certificate has expired', 'Tell whoever runs the gateway.'],
  CERT_NOT_YET_VALID: ['its certificate is not valid yet', 'Check the clock of this machine.'],
  EPROTO: ['it does not speak TLS', 'Check scheme and port of the address.'],
  ANSWER_TOO_LARGE: ['its answer is too large', 'Ask for less.'],
};

function codeOf(error: unknown): string {
  const { name, code, errors } = error as { name?: unknown; code?: unknown; errors?: unknown[] };
  if (name === 'TimeoutError' || name === 'AbortError') return 'TIMEOUT';
  if (typeof code === 'string') return code;
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : '';
}

/** True if the other side's certificate is from an authority that is not trusted here. */
export function isTrustFault(error: unknown): boolean {
  return trustFaults.has(codeOf(error));
}

/** Turns a failed connection into words: what is wrong and what to do. */
export function unreachable(origin: string, error: unknown): CliError {
  const code = codeOf(error);
  if (trustFaults.has(code)) {
    return new CliError(
      'unreachable',
      `the gateway ${origin} shows a certificate of an authority that is not trusted here`,
      `If it is yours, name its authority once: sallyport login --gateway ${origin} --ca-file FILE.`,
      { cause: error },
    );
  }
  const [what, hint] = words[code] ?? [
    code.startsWith('ERR_SSL') ? 'TLS cannot be agreed on' : `the connection fails${code === '' ? '' : ` (${code})`}`,
    'Check the address and the network.',
  ];
  return new CliError('unreachable', `the gateway ${origin} cannot be reached: ${what}`, hint, { cause: error });
}
