import * as z from 'zod/mini';
import { about } from '../text/about.ts';

/**
 * What a listener can be configured to accept: Mozilla's intermediate profile
 * (https://wiki.mozilla.org/Security/Server_Side_TLS, 5.7) without its finite-field Diffie-Hellman, and the hybrid key
 * exchange that resists quantum computers. Settings can narrow the profile, but not widen it. Suites have their IANA
 * names, as in kube-apiserver's --tls-cipher-suites.
 */
const tlsVersions = ['TLSv1.2', 'TLSv1.3'] as const;
const tlsCiphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
] as const;
const tlsCurves = ['X25519MLKEM768', 'X25519', 'P-256', 'P-384'] as const;

/** What a listener accepts. The order of suites and curves is the listener's preference. */
export type TlsProfile = {
  minVersion: (typeof tlsVersions)[number];
  ciphers: readonly (typeof tlsCiphers)[number][];
  curves: readonly (typeof tlsCurves)[number][];
};

const isOf13 = (cipher: string) => !cipher.includes('_WITH_');
const someOf = <T extends string>(all: readonly [T, ...T[]], what: string) =>
  z.array(z.enum(all)).check(
    z.minLength(1, `is empty: remove the setting to allow every ${what}`),
    z.refine((some) => new Set(some).size === some.length, `lists a ${what} twice`),
  );

/** Key exchange groups, in the order of preference. */
export const tlsCurveList = someOf(tlsCurves, 'curve');

/** The TLS settings of a listener other than its files. */
export const tlsProfileShape = {
  minVersion: about(
    'The oldest TLS version that the listener accepts: TLSv1.2 (the default) or TLSv1.3.',
    z._default(z.enum(tlsVersions), 'TLSv1.2'),
  ),
  ciphers: about(
    "The cipher suites that the listener accepts, by their IANA names. The default is all of Mozilla's intermediate profile, which this setting can only narrow.",
    z._default(someOf(tlsCiphers, 'suite'), [...tlsCiphers]),
  ),
  curves: about(
    'The key exchange groups that the listener accepts. The default is X25519MLKEM768, X25519, P-256 and P-384.',
    z._default(tlsCurveList, [...tlsCurves]),
  ),
};

/** Reports whether the settings leave no usable suite. */
export const hasNoUsableSuite = ({ minVersion, ciphers }: Pick<TlsProfile, 'minVersion' | 'ciphers'>): boolean =>
  minVersion === 'TLSv1.3' && !ciphers.some(isOf13);

/** The profile of listeners without their own settings. */
export const defaultTlsProfile: TlsProfile = { minVersion: 'TLSv1.2', ciphers: tlsCiphers, curves: tlsCurves };

type Certificate = {
  certFile?: string | null | undefined;
  keyFile?: string | null | undefined;
  acme?: { challenge: string } | null | undefined;
  ciphers: TlsProfile['ciphers'];
};

/** Reports a listener that has its certificate from nowhere, or from both files and ACME. */
export function certificateFaults(
  { certFile, keyFile, acme, ciphers }: Certificate,
  context: z.core.$RefinementCtx,
): void {
  const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if (acme == null) {
    if (certFile == null) fault('certFile', 'is missing: name certFile and keyFile, or set acme');
    if (keyFile == null) fault('keyFile', 'is missing: name certFile and keyFile, or set acme');
    return;
  }
  if (certFile != null || keyFile != null) fault('acme', 'replaces certFile and keyFile: remove either these or acme');
  // Before the first certificate, a handshake of TLS 1.2 fails for want of a suite before the challenge could be seen.
  if (acme.challenge === 'tls-alpn-01' && !ciphers.some(isOf13))
    fault('ciphers', 'has no TLS 1.3 suite, which the challenge tls-alpn-01 requires');
}
