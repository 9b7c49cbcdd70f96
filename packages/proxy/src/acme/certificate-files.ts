import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { type LoadedConfig, shownText } from '@sallyport/kit';
import { AcmeFailure } from './acme-failure.ts';
import { createKey } from './x509.ts';

/** The certificate in use and its chain, with the private key, which are in one file so that they always fit together. */
export type KeptCertificate = { leaf: X509Certificate; pem: string };

/**
 * What a restart must not forget: what the ACME server has refused lately, and when it issued the certificate, by the clock
 * of this machine. Times in milliseconds since 1970. 0: never.
 */
export type Refusals = { at: number[]; waitUntil: number; issuedAt: number };

/** The files of one ACME server below `data`: the account, the certificate, and what was refused. */
export type CertificateFiles = {
  certificateFile: string;
  /** Reads the key of the account, or creates it. Rejects if the file is not a private key. */
  accountKey(): Promise<KeyObject>;
  /** Returns the kept certificate. Undefined if there is none that can be used. */
  read(): KeptCertificate | undefined;
  /** Keeps a certificate. Rejects with an AcmeFailure if it is not one for this key and these names. */
  write(chain: string, key: KeyObject, domains: readonly string[]): Promise<KeptCertificate>;
  refusals(): Refusals;
  writeRefusals(refusals: Refusals): Promise<void>;
};

type Place = Pick<LoadedConfig, 'config' | 'resolvePath'>;

/**
 * Returns the directory of the configured ACME server: each has its own, so that a change from a staging server to the real
 * one, or back, finds the account and the certificate that belong to it. Undefined without ACME.
 */
export function acmeDirectoryOf({ config, resolvePath }: Place): string | undefined {
  const { tls } = config.gateway;
  if (tls?.acme == null) return undefined;
  const { host, pathname, search } = new URL(tls.acme.directory);
  const name = `${host}${pathname}${search}`.replace(/[^a-zA-Z0-9.]+/g, '-').replace(/-$/, '');
  return path.join(resolvePath(config.data), 'acme', name);
}

/** Returns the file with the certificate and its key. */
export const certificateFileIn = (directory: string): string => path.join(directory, 'certificate.pem');

/** Writes a private file as a whole: after a crash there is the old text or the new one, and never a part. */
async function replaceFile(file: string, text: string): Promise<void> {
  const next = `${file}.new`;
  await rm(next, { force: true });
  const handle = await open(next, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(next, file);
  const directory = await open(path.dirname(file));
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function readOptional(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseKept(pem: string): KeptCertificate {
  const leaf = new X509Certificate(pem);
  if (!leaf.checkPrivateKey(createPrivateKey(pem))) throw new Error('the private key is of another certificate');
  return { leaf, pem };
}

/** Reports whether a certificate has each of these names. Wildcards in it do not count. */
export function covers({ leaf }: KeptCertificate, domains: readonly string[]): boolean {
  const names = new Set((leaf.subjectAltName ?? '').split(', ').map((name) => name.toLowerCase()));
  return domains.every((domain) => names.has(`dns:${domain}`));
}

/** Parses what the ACME server has issued. It may be anything. */
function parseIssued(pem: string, domains: readonly string[]): KeptCertificate {
  try {
    const kept = parseKept(pem);
    if (!covers(kept, domains)) throw new Error('it lacks one of the names that were requested');
    return kept;
  } catch (error) {
    throw new AcmeFailure(`the certificate that it issued cannot be used: ${shownText((error as Error).message)}`);
  }
}

function parseRefusals(text: string | undefined): Refusals {
  const none: Refusals = { at: [], waitUntil: 0, issuedAt: 0 };
  if (text === undefined) return none;
  try {
    const { at, waitUntil, issuedAt } = JSON.parse(text) as Partial<Refusals>;
    const isTime = (value: unknown): value is number => Number.isSafeInteger(value);
    const isWhole = Array.isArray(at) && at.every(isTime) && isTime(waitUntil) && isTime(issuedAt);
    return isWhole ? { at, waitUntil, issuedAt } : none;
  } catch {
    return none;
  }
}

/** Opens the files of an ACME server in its directory, which is created for its owner alone. */
export function openCertificateFiles(directory: string): CertificateFiles {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const certificateFile = certificateFileIn(directory);
  const accountFile = path.join(directory, 'account.pem');
  const refusalsFile = path.join(directory, 'refusals.json');
  const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string;
  return {
    certificateFile,
    async accountKey() {
      const kept = readOptional(accountFile);
      if (kept === undefined) {
        const key = createKey();
        await replaceFile(accountFile, pkcs8(key));
        return key;
      }
      try {
        return createPrivateKey(kept);
      } catch {
        throw new Error(`${accountFile} is not a private key. Remove the file to open a new account.`);
      }
    },
    read() {
      const kept = readOptional(certificateFile);
      try {
        return kept === undefined ? undefined : parseKept(kept);
      } catch {
        return undefined;
      }
    },
    async write(chain, key, domains) {
      const kept = parseIssued(`${chain.trim()}\n${pkcs8(key)}`, domains);
      await replaceFile(certificateFile, kept.pem);
      return kept;
    },
    refusals: () => parseRefusals(readOptional(refusalsFile)),
    writeRefusals: (refusals) => replaceFile(refusalsFile, `${JSON.stringify(refusals)}\n`),
  };
}
