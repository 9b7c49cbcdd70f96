import { X509Certificate } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { isIP } from 'node:net';
import { connect, type ConnectionOptions, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { authorityPath } from '@sallyport/contracts/answers';
import type { Environment } from '../environment/environment.ts';
import { certificatesIn, readAuthority } from '../home/known-gateways.ts';
import type { GatewayAddress } from '../input/gateway-address.ts';
import { findProxy, type Proxy } from '../proxy/find-proxy.ts';
import { openTunnel } from '../proxy/open-tunnel.ts';
import { CliError, usageError } from '../terminal/cli-error.ts';
import { isTrustFault, unreachable } from './unreachable.ts';

/** The options with which the user names the CA of a gateway. */
export type AuthorityOptions = { caFile?: string; caFingerprint?: string };

const limitMs = 15_000;
const maxBytes = 64 * 1024;
const maxPresented = 20;

/**
 * Reads the SHA-256 of a certificate: 64 hexadecimal digits of any case, with or without the colons of openssl, and with
 * or without `sha256:` in front. Returns the digits in lower case. Throws a CliError.
 */
export function readFingerprint(text: string): string {
  const [, digits = ''] = /^(?:sha256(?: Fingerprint=|:))?([0-9a-f]{2}(?::?[0-9a-f]{2})*)$/i.exec(text.trim()) ?? [];
  const hex = digits.replaceAll(':', '').toLowerCase();
  if (hex.length === 64) return hex;
  const why = hex.length === 40 ? ', but has the length of a SHA-1, which is not accepted' : '';
  throw usageError(
    `"${text}" is not the SHA-256 fingerprint of a certificate${why}`,
    'Write all 64 digits that the operator of the gateway gave you: --ca-fingerprint sha256:1F2E...',
  );
}

const fingerprintOf = (certificate: X509Certificate) => certificate.fingerprint256.replaceAll(':', '').toLowerCase();

type Peer = { address: GatewayAddress; proxy: Proxy | undefined };

/** Opens TLS to the gateway, and sends nothing over it. */
async function openTls(
  { address, proxy }: Peer,
  trust: Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized'>,
): Promise<TLSSocket> {
  const { hostname, port } = new URL(address.origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  const to = { host, port: Number(port || 443) };
  const way = proxy ? { socket: await openTunnel(proxy, `${hostname}:${to.port}`, AbortSignal.timeout(limitMs)) } : {};
  const servername = isIP(host) === 0 ? { servername: host } : {}; // SNI carries names only (RFC 6066, 3)
  return new Promise((resolve, reject) => {
    const socket = connect({ ...to, ...way, ...servername, ALPNProtocols: ['http/1.1'], ...trust });
    socket.setTimeout(limitMs, () => socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    socket.once('error', (error) => reject(unreachable(address.origin, error, proxy?.name)));
    socket.once('secureConnect', () => resolve(socket));
  });
}

/** Returns the certificates of the handshake, as far as each is issued by the next. */
function presentedBy(socket: TLSSocket): X509Certificate[] {
  const found: X509Certificate[] = [];
  let one: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (one?.raw !== undefined && found.length < maxPresented) {
    found.push(new X509Certificate(one.raw));
    // One that issued itself names itself as the next.
    one = one.issuerCertificate === one ? undefined : one.issuerCertificate;
  }
  return found;
}

/** Asks the gateway for its CA over a connection that is not trusted, so without a credential. */
function fetchAuthority(socket: TLSSocket, { origin }: GatewayAddress): Promise<X509Certificate[]> {
  return new Promise((resolve) => {
    const headers = { host: new URL(origin).host, 'user-agent': 'sallyport-cli', connection: 'close' };
    const request = httpRequest({ createConnection: () => socket, path: authorityPath, headers });
    // A limit for the whole answer: a byte now and then would keep this waiting.
    const timer = setTimeout(() => end(''), limitMs);
    const end = (text: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(certificatesIn(text));
    };
    request.on('error', () => end(''));
    request.on('response', (response) => {
      if (response.statusCode !== 200) return end('');
      let text = '';
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > maxBytes) end('');
      });
      return response.on('end', () => end(text));
    });
    request.end();
  });
}

const shown = (certificate: X509Certificate) =>
  `sha256:${fingerprintOf(certificate)} (${certificate.subject.split('\n').join(', ')})`;

async function findCertificate(peer: Peer, wanted: string): Promise<X509Certificate> {
  const socket = await openTls(peer, { rejectUnauthorized: false });
  const matching = (all: readonly X509Certificate[]) => all.find((one) => fingerprintOf(one) === wanted);
  try {
    const presented = presentedBy(socket);
    const inHandshake = matching(presented);
    if (inHandshake) return inHandshake;
    const offered = await fetchAuthority(socket, peer.address);
    const found = matching(offered);
    if (found) return found;
    const others = [...new Set([...presented.slice(1), ...offered].map(shown))];
    throw new CliError(
      'unreachable',
      `the gateway ${peer.address.origin} has no CA with the fingerprint sha256:${wanted}; it shows ${
        others.length === 0
          ? `only its own certificate, ${shown(presented[0]!)}`
          : others.slice(0, maxPresented).join('; ')
      }`,
      'Compare the fingerprint with the one that the operator gave you. If it is right, another server answers in place of the gateway: do not log in.',
    );
  } finally {
    socket.destroy();
  }
}

/** Refuses an authority that the gateway's certificate does not come from, whatever else the gateway presents. */
async function requireIssued(peer: Peer, pem: string, fingerprint: string): Promise<void> {
  try {
    (await openTls(peer, { ca: [pem] })).destroy();
  } catch (error) {
    if (!(error instanceof CliError) || !isTrustFault(error.cause)) throw error;
    throw new CliError(
      'unreachable',
      `the certificate of the gateway ${peer.address.origin} is not signed by the CA sha256:${fingerprint}, although the gateway shows that CA`,
      'Another server may answer in place of the gateway: do not log in, and tell the operator of the gateway.',
      { cause: error },
    );
  }
}

/**
 * Finds the CA of a gateway by its fingerprint, among the certificates of the handshake and those that the gateway serves.
 * The gateway is not trusted until its certificate and its name are verified with this CA alone. No credential is sent.
 * Returns the certificate, PEM. Throws a CliError.
 */
async function findAuthority(environment: Environment, address: GatewayAddress, fingerprint: string): Promise<string> {
  if (address.scheme !== 'https')
    throw usageError(`${address.origin} has no certificate`, 'Omit --ca-fingerprint, or write https://.');
  const peer = { address, proxy: findProxy(address.origin, environment.env) };
  const certificate = await findCertificate(peer, fingerprint);
  if (!certificate.ca && !certificate.checkIssued(certificate))
    throw new CliError(
      'unreachable',
      `sha256:${fingerprint} is the fingerprint of the gateway's own certificate, and not of its CA`,
      'Ask the operator of the gateway for the fingerprint of the CA.',
    );
  const pem = certificate.toString();
  await requireIssued(peer, pem, fingerprint);
  return pem;
}

/**
 * Returns the CA that the options name for a gateway, PEM: from the file, or from the gateway itself by the fingerprint.
 * Undefined if they name none. Throws a CliError.
 */
export async function namedAuthority(
  environment: Environment,
  address: GatewayAddress,
  { caFile, caFingerprint }: AuthorityOptions,
): Promise<string | undefined> {
  if (caFile !== undefined && caFingerprint !== undefined)
    throw usageError('--ca-file cannot be combined with --ca-fingerprint', 'Give one of the two.');
  if (caFile !== undefined) return readAuthority(caFile);
  if (caFingerprint === undefined) return undefined;
  return findAuthority(environment, address, readFingerprint(caFingerprint));
}
