import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gatewayAddress, type GatewayAddress } from '../gateway/gateway-address.ts';
import { CliError } from '../terminal/cli-error.ts';
import { ensureDirectory, localFault, readIfThere, type Home } from './home.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Reads the certificates in a PEM file, and nothing else in it, such as a private key. Throws a CliError. */
export function readAuthority(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw localFault(file, error);
  }
  return authorityFrom(text, file);
}

/** Reads the certificates in a text. `source` names it in the error. Throws a CliError. */
export function authorityFrom(text: string, source: string): string {
  const found = text.match(certificate) ?? [];
  const fault = new CliError(
    'local-file',
    `${source} contains no readable certificate`,
    "Give the PEM file of the CA that signed the gateway's certificate.",
  );
  if (found.length === 0) throw fault;
  try {
    for (const one of found) new X509Certificate(one);
  } catch {
    throw fault;
  }
  return `${found.join('\n')}\n`;
}

/** What the program remembers about gateways: the CA of each one, and the gateway of the last login. */
export type KnownGateways = {
  authorityOf(address: GatewayAddress): string | undefined;
  rememberAuthority(address: GatewayAddress, pem: string): void;
  current(): GatewayAddress | undefined;
  setCurrent(address: GatewayAddress): void;
};

/** Opens the known gateways in the home. */
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
