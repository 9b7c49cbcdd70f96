import { CliError } from '../terminal/cli-error.ts';
import { shellWord } from '../terminal/for-terminal.ts';

const trustFaults = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
]);

const words: Record<string, (server: string) => [what: string, hint: string]> = {
  ECONNREFUSED: (server) => ['connection refused', `Check the address, and that the ${server} is running.`],
  ENOTFOUND: () => ['the host name does not exist', 'Check the address and your network (VPN?).'],
  EAI_AGAIN: () => ['the host name cannot be resolved right now', 'Check your network (VPN?) and try again.'],
  ECONNRESET: () => [
    'the connection was reset',
    'Try again. A proxy or firewall on the way may be closing the connection.',
  ],
  EHOSTUNREACH: () => ['there is no route to the host', 'Check your network (VPN?).'],
  ENETUNREACH: () => ['there is no route to the network', 'Check your network (VPN?).'],
  ETIMEDOUT: () => ['it does not answer', 'Check your network (VPN?) and try again.'],
  TIMEOUT: () => ['it does not answer', 'Check your network (VPN?) and try again.'],
  ERR_TLS_CERT_ALTNAME_INVALID: () => [
    'its certificate is for another name',
    'Use a name for which the certificate is valid.',
  ],
  CERT_HAS_EXPIRED: (server) => ['its certificate has expired', `Tell the operator of the ${server}.`],
  CERT_NOT_YET_VALID: () => ['its certificate is not valid yet', 'Check the clock of this machine.'],
  EPROTO: () => ['it does not speak TLS', 'Check the scheme and the port of the address.'],
  ANSWER_TOO_LARGE: () => ['its answer is too large', 'Narrow your request.'],
};

function codeOf(error: unknown): string {
  const { name, code, errors } = error as { name?: unknown; code?: unknown; errors?: unknown[] };
  if (name === 'TimeoutError' || name === 'AbortError') return 'TIMEOUT';
  if (typeof code === 'string') return code;
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : '';
}

/** Reports whether the server's certificate comes from an authority that is not trusted. */
export function isTrustFault(error: unknown): boolean {
  return trustFaults.has(codeOf(error));
}

/** Says why a connection failed and what to do about it. `server` is what should have answered, such as "gateway". */
export function describeConnectionFault(error: unknown, server: string): [what: string, hint: string] {
  const code = codeOf(error);
  return (
    words[code]?.(server) ?? [
      code.startsWith('ERR_SSL')
        ? 'the TLS handshake failed'
        : `the connection failed${code === '' ? '' : ` (${code})`}`,
      'Check the address and your network.',
    ]
  );
}

/** Returns the error for a failed connection: what is wrong, and what to do about it. `proxy` is what lies between. */
export function unreachable(origin: string, error: unknown, proxy?: string): CliError {
  const through = proxy === undefined ? '' : ` through the proxy ${proxy}`;
  if (isTrustFault(error)) {
    return new CliError(
      'unreachable',
      `the certificate of the gateway ${origin}${proxy === undefined ? '' : ` (through the proxy ${proxy})`} is signed by an authority that this machine does not trust`,
      `If this is your gateway, give its CA once: sallyport login --gateway ${shellWord(origin)} --ca-file FILE (or --ca-fingerprint sha256:HEX)`,
      { cause: error },
    );
  }
  const [what, hint] = describeConnectionFault(error, 'gateway');
  return new CliError('unreachable', `the gateway ${origin} cannot be reached${through}: ${what}`, hint, {
    cause: error,
  });
}
