import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { gatewayAddress, type GatewayAddress } from '../input/gateway-address.ts';
import { readNamedFile } from '../files/read-file.ts';
import { CliError } from '../terminal/cli-error.ts';
import { ensureDirectory, localFault, readIfThere, type Home, findHome } from './home.ts';
import { writeFileAtomically } from '../files/write-file.ts';
import type { Environment } from '../environment/environment.ts';
import { type Credential, parseStoredCredential } from './stored-credential.ts';

const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Reads the certificates in a PEM file, and nothing else in it, such as a private key. Throws a CliError. */
export function readAuthority(file: string): string {
  return authorityFrom(readNamedFile(file), file);
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

/** Returns the readable certificates in a text that is not trusted. */
export function certificatesIn(text: string): X509Certificate[] {
  return (text.match(certificate) ?? []).flatMap((one) => {
    try {
      return [new X509Certificate(one)];
    } catch {
      return [];
    }
  });
}

/** What the program remembers about one gateway: the provider that the user chose, and the prefix of its contexts. */
export type GatewaySettings = { provider?: string; prefix?: string };

/** What the program remembers about gateways: the CA and the settings of each one, and the gateway of the last login. */
export type KnownGateways = ReturnType<typeof openKnownGateways>;

const signs = ['settings.json', 'credential.json', 'ca.crt'];

function readSettings(text: string | undefined): GatewaySettings {
  try {
    const { provider, prefix } = JSON.parse(text ?? '{}') as Record<string, unknown>;
    return {
      ...(typeof provider === 'string' ? { provider } : {}),
      ...(typeof prefix === 'string' ? { prefix } : {}),
    };
  } catch {
    return {};
  }
}

/** Reads the address of a gateway from the name of its directory. On Windows, the name has a plus for each colon. */
function addressOf(name: string, home: Home): GatewayAddress | undefined {
  const [scheme, ...authority] = name.split('+');
  try {
    const address = gatewayAddress(`${scheme}://${authority.join(':')}`);
    return path.basename(home.gatewayDirectory(address)) === name ? address : undefined;
  } catch {
    return undefined;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw localFault(directory, error);
  }
}

function write(file: string, content: string): void {
  try {
    writeFileAtomically(file, content);
  } catch (error) {
    throw localFault(file, error);
  }
}

export function openKnownGateways(home: Home) {
  const currentFile = path.join(home.root, 'current-gateway');
  const fileOf = (address: GatewayAddress, name: string) => path.join(home.gatewayDirectory(address), name);
  const isKnown = (address: GatewayAddress) => signs.some((name) => existsSync(fileOf(address, name)));
  const settingsOf = (address: GatewayAddress) => readSettings(readIfThere(fileOf(address, 'settings.json')));
  return {
    authorityOf: (address: GatewayAddress): string | undefined => readIfThere(fileOf(address, 'ca.crt')),
    rememberAuthority(address: GatewayAddress, pem: string): void {
      ensureDirectory(home, home.gatewayDirectory(address));
      write(fileOf(address, 'ca.crt'), pem);
    },
    settingsOf,
    /** Changes the given settings and keeps the others. From then on, the gateway is known. */
    remember(address: GatewayAddress, changes: { [name in keyof GatewaySettings]: string | undefined }): void {
      ensureDirectory(home, home.gatewayDirectory(address));
      write(fileOf(address, 'settings.json'), `${JSON.stringify({ ...settingsOf(address), ...changes })}\n`);
    },
    /** Reports whether the user has logged in to this gateway, named its CA, or written a kubeconfig for it. */
    isKnown,
    /** Returns all known gateways, sorted by address. */
    list: () =>
      namesIn(path.join(home.root, 'gateways'))
        .toSorted()
        .map((name) => addressOf(name, home))
        .filter((address) => address !== undefined && isKnown(address)) as GatewayAddress[],
    current(): GatewayAddress | undefined {
      const text = readIfThere(currentFile)?.trim();
      return text === undefined || text === '' ? undefined : gatewayAddress(text);
    },
    setCurrent(address: GatewayAddress): void {
      ensureDirectory(home, home.gatewayDirectory(address));
      write(currentFile, `${address.origin}\n`);
    },
  };
}

/** A known gateway, with the login that is stored for it. The login may have expired. `last`: the last login was here. */
type GatewayLogin = { gateway: GatewayAddress; last: boolean; login?: Omit<Credential, 'token'> };

/** Lists the gateways that the program knows, sorted by address, with their logins but without their tokens. */
export function listLogins(environment: Environment): GatewayLogin[] {
  const home = findHome(environment);
  const known = openKnownGateways(home);
  const last = known.current()?.origin;
  return known.list().map((gateway) => {
    // The token is not needed, and reading it from a keyring may take time.
    const text = readIfThere(path.join(home.gatewayDirectory(gateway), 'credential.json'));
    const stored = text === undefined ? undefined : parseStoredCredential(text, gateway.origin);
    const row = { gateway, last: gateway.origin === last };
    if (stored === undefined) return row;
    const { user, sessionId, expiresAt, idleMs } = stored;
    return { ...row, login: { user, sessionId, expiresAt, idleMs } };
  });
}
