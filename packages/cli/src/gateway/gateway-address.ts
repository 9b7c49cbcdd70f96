import { CliError } from '../terminal/cli-error.ts';

/** Where a gateway is: `origin` (scheme, host and port, as WHATWG URL writes it) is what credentials are kept under. */
export type GatewayAddress = { origin: string; scheme: 'https' | 'http'; authority: string };
/** A cluster's address on a gateway; `cluster` is absent where the cluster has a host of its own. */
export type ServerAddress = GatewayAddress & { cluster?: string };

// Only what may stand in a file name and is the same in both spellings of a shell: lower case, digits, and [::1] for
// IPv6.
const authorityForm = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;
const loopback = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/;

function readUrl(text: string, kind: string): URL {
  const example = kind === 'gateway' ? 'https://gate.example.com:8443' : 'https://gate.example.com:8443/clusters/dev';
  const hint = `Write it like ${example}.`;
  if (text.length > 2048 || !URL.canParse(text))
    throw new CliError('usage', `"${text.slice(0, 200)}" is not the URL of a ${kind}`, hint);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw new CliError('usage', `the URL of a ${kind} must not carry a user or password`, hint);
  if (url.search !== '' || url.hash !== '')
    throw new CliError('usage', `the URL of a ${kind} must not carry a query or fragment`, hint);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new CliError('usage', `"${text}" is not an https URL`, hint);
  if (!authorityForm.test(url.host))
    throw new CliError('usage', `"${url.host}" is not a host name that can be used here`, hint);
  if (url.protocol === 'http:' && !loopback.test(url.host)) {
    throw new CliError(
      'usage',
      `"${text}" is http: your credential would travel in clear`,
      'Use https; http is only for a gateway on this machine (localhost).',
    );
  }
  return url;
}

const addressOf = (url: URL): GatewayAddress => ({
  origin: url.origin,
  scheme: url.protocol === 'https:' ? 'https' : 'http',
  authority: url.host,
});

/** Reads what a person typed as a gateway's URL: https, or http on loopback only. Throws CliError. */
export function gatewayAddress(text: string): GatewayAddress {
  const url = readUrl(text, 'gateway');
  if (url.pathname !== '/')
    throw new CliError(
      'usage',
      `"${text}" has a path; a gateway is named by scheme, host and port alone`,
      `Write ${url.origin}.`,
    );
  return addressOf(url);
}

/** Reads the server of a kubeconfig entry: `<gateway>/clusters/<name>`, or the host of one cluster. Throws CliError. */
export function serverAddress(text: string): ServerAddress {
  const url = readUrl(text, 'cluster');
  if (url.pathname === '/') return addressOf(url);
  const cluster = /^\/clusters\/([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/?$/.exec(url.pathname)?.[1];
  if (cluster === undefined)
    throw new CliError(
      'usage',
      `"${text}" is not the address of a cluster behind a gateway`,
      'It looks like https://gate.example.com:8443/clusters/dev.',
    );
  return { ...addressOf(url), cluster };
}
