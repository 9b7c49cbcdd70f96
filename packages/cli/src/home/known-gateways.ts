import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gatewayAddress, type GatewayAddress } from '../gateway/gateway-address.ts';
import { CliError } from '../terminal/cli-error.ts';
import { ensureDirectory, localFault, readIfThere, type Home } from './home.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Takes the certificates out of a PEM file and leaves all else behind (a key that stands beside them, say). Throws
 * CliError.
 */
export function readAuthority(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw localFault(file, error);
  }
  return authorityFrom(text, file);
}

/** The same for a text; `source` names it in the error. */
export function authorityFrom(text: string, source: string): string {
  const found = text.match(certificate) ?? [];
  const fault = new CliError(
    'local-file',
    `${source} holds no certificate that can be read`,
    "Name the PEM file of the authority that signed the gateway's certificate.",
  );
  if (found.length === 0) throw fault;
  try {
    for (const one of found) new X509Certificate(one);
  } catch {
    throw fault;
  }
  return `${found.join('\n')}\n`;
}

/** What is remembered of gateways: each one's certificate authority, and which was logged in to last. */
export type KnownGateways = {
  authorityOf(address: GatewayAddress): string | undefined;
  rememberAuthority(address: GatewayAddress, pem: string): void;
  current(): GatewayAddress | undefined;
  setCurrent(address: GatewayAddress): void;
};

/** Opens what is remembered in the home; writes only when something is to be remembered. */
export function openKnownGateways(home: Home): KnownGateways {
  const currentFile = path.join(home.root, 'current-gateway');
  const authorityFile = (address: GatewayAddress) => path.join(home.gatewayDirectory(address), 'ca.crt');
  const write = (file: string, content: string) => {
    try {
      writeFileAtomically(file, content);
    } catch (error) {
      throw localFault(file, error);
    }
  };
  return {
    authorityOf: (address) => readIfThere(authorityFile(address)),
    rememberAuthority(address, pem) {
      ensureDirectory(home, home.gatewayDirectory(address));
      write(authorityFile(address), pem);
    },
    current() {
      const text = readIfThere(currentFile)?.trim();
      return text === undefined || text === '' ? undefined : gatewayAddress(text);
    },
    setCurrent(address) {
      ensureDirectory(home, home.gatewayDirectory(address));
      write(currentFile, `${address.origin}\n`);
    },
  };
}
