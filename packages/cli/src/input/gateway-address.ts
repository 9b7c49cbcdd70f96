import { usageError } from '../terminal/cli-error.ts';

/** The address of a gateway. Credentials are stored by `origin` (scheme, host and port, as in a WHATWG URL). */
export type GatewayAddress = { origin: string; scheme: 'https' | 'http'; authority: string };
/** The address of a cluster behind a gateway. `cluster` is absent if the cluster has its own host. */
export type ServerAddress = GatewayAddress & { cluster?: string };

// Only characters that are safe in a file name and that the sh front reads in the same way: lower case letters, digits,
// and brackets for IPv6.
const authorityForm = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;
const clusterPath = /^\/clusters\/([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/?$/;
const loopback = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/;

function readUrl(text: string, kind: string): URL {
  const example = kind === 'gateway' ? 'https://gate.example.com:8443' : 'https://gate.example.com:8443/clusters/dev';
  const hint = `Write it like ${example}.`;
  if (text.length > 2048 || !URL.canParse(text))
    throw usageError(`"${text.slice(0, 200)}" is not the URL of a ${kind}`, hint);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw usageError(`the URL of a ${kind} must not contain a user name or password`, hint);
  if (url.search !== '' || url.hash !== '')
    throw usageError(`the URL of a ${kind} must not contain a query or fragment`, hint);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw usageError(`"${text}" is not an https URL`, hint);
  if (!authorityForm.test(url.host)) throw usageError(`the host "${url.host}" is not supported`, hint);
  if (url.protocol === 'http:' && !loopback.test(url.host)) {
    throw usageError(
      `"${text}" uses http, which would send your credential unencrypted`,
      'Use https. Only a gateway on this machine (localhost) may use http.',
    );
  }
  return url;
}

const addressOf = (url: URL): GatewayAddress => ({
  origin: url.origin,
  scheme: url.protocol === 'https:' ? 'https' : 'http',
  authority: url.host,
});

const hasScheme = (text: string) => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

/**
 * Reads the URL of a gateway: https, or http on loopback only. A host without a scheme (`gate.example.com:8443`) means
 * https. Throws a CliError.
 */
export function gatewayAddress(text: string): GatewayAddress {
  const url = readUrl(hasScheme(text) || text === '' || text.startsWith('/') ? text : `https://${text}`, 'gateway');
  const cluster = clusterPath.exec(url.pathname)?.[1];
  if (cluster !== undefined)
    throw usageError(
      `"${text}" is the address of a cluster, not of a gateway`,
      `Write ${url.origin}. To name the cluster too, add --cluster ${cluster} where a command has it.`,
    );
  if (url.pathname !== '/')
    throw usageError(
      `"${text}" has a path, but the URL of a gateway has only scheme, host and port`,
      `Write ${url.origin}.`,
    );
  return addressOf(url);
}

/**
 * Reads the server of a kubeconfig entry: `<gateway>/clusters/<name>`, or the host of one cluster. Throws a CliError.
 */
export function serverAddress(text: string): ServerAddress {
  const url = readUrl(text, 'cluster');
  if (url.pathname === '/') return addressOf(url);
  const cluster = clusterPath.exec(url.pathname)?.[1];
  if (cluster === undefined)
    throw usageError(
      `"${text}" is not the address of a cluster behind a gateway`,
      'Write it like https://gate.example.com:8443/clusters/dev.',
    );
  return { ...addressOf(url), cluster };
}
