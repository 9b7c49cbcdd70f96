import { ProblemError } from '@sallyport/kit';
import { headerTable } from './header-table.ts';
import { isImpersonationHeader, readImpersonation } from './read-impersonation.ts';

/** A name or an address, with an optional port (RFC 9110, 7.2). Of a list, some readers take the first, some the last. */
const hostForm = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/**
 * Returns the host of a request from its raw header lines. All parts of the gateway use this reading. Empty without a
 * host. Undefined for what could be read in two ways: several lines, whatever they contain, or a value that is not a
 * host. Node's joined headers would keep the first of several lines.
 */
export function readHost(raw: readonly string[]): string | undefined {
  let host: string | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!;
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (host !== undefined) return undefined;
    host = raw[index + 1]!;
  }
  if (host === undefined || host === '') return '';
  return hostForm.test(host) ? host : undefined;
}

/** Returns a host as it is compared: in lower case, without its port. */
export const withoutPort = (host: string): string => host.toLowerCase().replace(/:\d+$/, '');

/** Reports whether the host of a request is that of an origin of the gateway, on any port. */
export function isHostOf(raw: readonly string[], origin: string): boolean {
  return withoutPort(readHost(raw) ?? '') === new URL(origin).hostname;
}

/**
 * A request's headers, checked and sorted. `forward` is flat (name, value, ...), with repeated names as separate lines.
 */
export type ReadHeaders = {
  host: string;
  authorization: string[];
  pomeriumAuthorization: string[];
  webSocketProtocols: string[] | undefined;
  upgrade: string | undefined;
  connection: string | undefined;
  contentLength: number | undefined;
  chunked: boolean;
  forwardedFor: string | undefined;
  userAgent: string | undefined;
  kubectlSession: string | undefined;
  kubectlCommand: string | undefined;
  /** Whom the request asks to act as, as policies have it. Undefined for a request as oneself. */
  impersonate: string[] | undefined;
  forward: string[];
};

const isBlank = (code: number) => code === 0x20 || code === 0x09;

/**
 * Removes the blanks and tabs around a text. A regular expression for blanks at the end would scan a long run of them
 * again from each of them.
 */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** Splits a list (RFC 9110, 5.6.1). Only blanks and tabs are white space there, while String.trim removes more. */
const listOf = (value: string) => value.split(',').map(trimmed);
const bad = (detail: string) => new ProblemError('bad-request', detail);

/** Reports whether a header is an identity header, in any spelling that a server could fold into one (CVE-2025-64484). */
function isIdentityHeader(lower: string): boolean {
  const first = lower.charCodeAt(0);
  if (first >= 97 && first <= 122 && first !== 105 && first !== 120) return false; // a letter other than i and x
  const plain = lower.replace(/[^a-z0-9]/g, '');
  return plain.startsWith('impersonate') || plain.startsWith('xremote');
}

function once(previous: string | undefined, value: string, name: string): string {
  if (previous !== undefined) throw bad(`The ${name} header appears twice.`);
  return value;
}

/**
 * Reads the `Connection` header. It must contain connection options only, because a hop would drop any header that it
 * names (CVE-2021-31999).
 */
function readConnection(value: string): string {
  const tokens = listOf(value.toLowerCase());
  for (const token of tokens) {
    if (token !== 'keep-alive' && token !== 'close' && token !== 'upgrade')
      throw bad('The Connection header may contain only keep-alive, close and upgrade.');
  }
  return tokens.join(',');
}

function readLength(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw bad('The Content-Length is not a number.');
  return Number(value);
}

function take(headers: ReadHeaders, lower: string, value: string): void {
  switch (lower) {
    case 'authorization':
      headers.authorization.push(value);
      return;
    case 'x-pomerium-authorization':
      headers.pomeriumAuthorization.push(value);
      return;
    case 'connection':
      headers.connection = readConnection(once(headers.connection, value, 'Connection'));
      return;
    case 'upgrade':
      headers.upgrade = once(headers.upgrade, value, 'Upgrade').toLowerCase();
      return;
    case 'content-length':
      headers.contentLength = readLength(once(headers.contentLength?.toString(), value, 'Content-Length'));
      return;
    case 'transfer-encoding':
      if (headers.chunked || value.toLowerCase() !== 'chunked')
        throw bad('The only accepted Transfer-Encoding is chunked, and it must appear once.');
      headers.chunked = true;
      return;
    case 'expect':
      if (value.toLowerCase() !== '100-continue') throw bad('The only accepted value of Expect is 100-continue.');
      return;
    case 'sec-websocket-protocol':
      (headers.webSocketProtocols ??= []).push(...listOf(value));
      return;
    case 'x-forwarded-for':
      headers.forwardedFor = headers.forwardedFor === undefined ? value : `${headers.forwardedFor}, ${value}`;
      return;
    case 'proxy-authorization':
      throw bad('This gateway does not accept Proxy-Authorization.');
    default:
  }
}

/** Keeps what events contain. Of several lines it keeps the first, as the API server does in its audit log. */
function keepForEvents(headers: ReadHeaders, lower: string, value: string): void {
  if (lower === 'user-agent') headers.userAgent ??= value;
  else if (lower === 'kubectl-session') headers.kubectlSession ??= value;
  else if (lower === 'kubectl-command') headers.kubectlCommand ??= value;
}

const refusedIdentity = (lower: string) =>
  new ProblemError(
    'forbidden-header',
    `The ${lower} header asks for an identity. Your identity comes from your login.`,
  );

/**
 * Reads the raw header lines once. Refuses identity headers (403), and headers that two readers could understand
 * differently (400). With `mayActAs`, those by which Kubernetes is asked to act as another are read, in its own spelling
 * only.
 */
export function readHeaders(raw: readonly string[], options?: { mayActAs: boolean }): ReadHeaders {
  const host = readHost(raw);
  if (host === undefined) throw bad('The Host header appears twice, or does not name one host.');
  if (host === '') throw bad('The Host header is missing.');
  const headers: ReadHeaders = {
    host,
    authorization: [],
    pomeriumAuthorization: [],
    webSocketProtocols: undefined,
    upgrade: undefined,
    connection: undefined,
    contentLength: undefined,
    chunked: false,
    forwardedFor: undefined,
    userAgent: undefined,
    kubectlSession: undefined,
    kubectlCommand: undefined,
    impersonate: undefined,
    forward: [],
  };
  const webSocket: string[] = [];
  let actAs: string[] | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    const lower = raw[index]!.toLowerCase();
    const value = raw[index + 1]!;
    const use = headerTable.get(lower);
    if (use === 'forward') {
      headers.forward.push(lower, value);
      keepForEvents(headers, lower, value);
    } else if (use === 'read') take(headers, lower, value);
    else if (use === 'websocket') webSocket.push(lower, value);
    else if (isIdentityHeader(lower)) {
      if (options?.mayActAs !== true || !isImpersonationHeader(lower)) throw refusedIdentity(lower);
      (actAs ??= []).push(lower, value);
    }
  }
  if (headers.chunked && headers.contentLength !== undefined)
    throw bad('The request has both Content-Length and Transfer-Encoding.');
  if (headers.upgrade !== undefined) headers.forward.push(...webSocket);
  if (actAs) headers.impersonate = readImpersonation(actAs);
  return headers;
}
