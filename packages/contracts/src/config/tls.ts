import { z } from 'zod';

/**
 * What a listener may be told to speak: Mozilla's intermediate profile
 * (https://wiki.mozilla.org/Security/Server_Side_TLS, 5.7) without its finite-field Diffie-Hellman, and the hybrid key
 * exchange that resists quantum computers. A setting can narrow it and not widen it. Suites by their IANA names, as
 * kube-apiserver's --tls-cipher-suites has them.
 */
export const tlsVersions = ['TLSv1.2', 'TLSv1.3'] as const;
export const tlsCiphers = [
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
export const tlsCurves = ['X25519MLKEM768', 'X25519', 'P-256', 'P-384'] as const;

/** What a listener speaks. The order of suites and curves is the listener's preference. */
export type TlsProfile = {
  minVersion: (typeof tlsVersions)[number];
  ciphers: readonly (typeof tlsCiphers)[number][];
  curves: readonly (typeof tlsCurves)[number][];
};

const isOf13 = (cipher: string) => !cipher.includes('_WITH_');
const list = <T extends string>(all: readonly [T, ...T[]], what: string) =>
  z
    .array(z.enum(all))
    .min(1, `has no ${what}: leave the setting out to have all of them`)
    .refine((some) => new Set(some).size === some.length, `has a ${what} twice`)
    .default([...all]);

/** The settings of a listener's TLS besides its files. */
export const tlsProfileShape = {
  minVersion: z.enum(tlsVersions).default('TLSv1.2'),
  ciphers: list(tlsCiphers, 'suite'),
  curves: list(tlsCurves, 'curve'),
};

/** Why the settings leave nothing to speak, if they do. */
export const spokenByNone = ({ minVersion, ciphers }: Pick<TlsProfile, 'minVersion' | 'ciphers'>): boolean =>
  minVersion === 'TLSv1.3' && !ciphers.some(isOf13);

/** What listeners speak that have no settings of their own. */
export const defaultTlsProfile: TlsProfile = { minVersion: 'TLSv1.2', ciphers: tlsCiphers, curves: tlsCurves };
