import { isIP } from 'node:net';
import type { ProviderConfig } from '@sallyport/contracts';
import type * as client from 'openid-client';
import { ProblemError } from '@sallyport/kit';
import { z } from 'zod';

/** Reports whether a host name points into a private network rather than to a provider. */
function isInternal(hostname: string): boolean {
  // A trailing dot denotes the DNS root and changes nothing.
  const host = hostname.replace(/^\[|\]$|\.$/g, '');
  return (
    isIP(host) !== 0 || !host.includes('.') || /\.(?:localhost|local|internal|intranet|lan|home\.arpa|svc)$/.test(host)
  );
}

/**
 * Returns the fault of an endpoint in a provider's metadata, or undefined. Endpoints that this service calls itself
 * (`called`) may be on the issuer's host or on another host on the Internet, as with several large providers. Hosts in
 * private networks must be listed in `endpointHosts`. If that list is not empty, only its hosts are allowed.
 */
export function endpointFault(
  provider: Pick<ProviderConfig, 'issuer' | 'discoveryUrl' | 'allowInsecureIssuer' | 'endpointHosts'>,
  address: string,
  called: boolean,
): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && provider.allowInsecureIssuer)))
    return 'is not an https URL';
  if (url.username !== '' || url.password !== '') return 'contains a user name or password';
  if (!called) return undefined;
  const own = [provider.issuer, provider.discoveryUrl].flatMap((one) =>
    one === undefined ? [] : [new URL(one).hostname],
  );
  if (own.includes(url.hostname) || provider.endpointHosts.includes(url.hostname)) return undefined;
  if (provider.endpointHosts.length > 0) return `is on a host that endpointHosts does not list (${url.hostname})`;
  return isInternal(url.hostname)
    ? `is on an internal host (${url.hostname}), which is not listed in endpointHosts`
    : undefined;
}

const text = z.string().min(1).max(2048);
const texts = z.array(z.string()).optional();
const metadataSchema = z.looseObject({
  issuer: text,
  authorization_endpoint: text,
  token_endpoint: text,
  jwks_uri: text,
  userinfo_endpoint: text.optional(),
  end_session_endpoint: text.optional(),
  scopes_supported: texts,
  token_endpoint_auth_methods_supported: texts,
  id_token_signing_alg_values_supported: texts,
  authorization_response_iss_parameter_supported: z.boolean().optional(),
});
/** Endpoints that this service calls, and endpoints that browsers open. */
const called = ['token_endpoint', 'jwks_uri', 'userinfo_endpoint'] as const;
const opened = ['authorization_endpoint', 'end_session_endpoint'] as const;

const invalidMetadata = (id: string, why: string) =>
  new ProblemError('login-failed', `The response of the identity provider ${id} failed verification.`, {
    cause: new Error(`discovery: ${why}`),
  });

/** Entra ID writes {tenantid} for the claim that its tokens call tid. */
const blank = (template: string) => template.replace(/\{[^{}]*\}/g, '{}');

function isIssuer({ issuer, issuerTemplate }: ProviderConfig, named: string): boolean {
  if (issuerTemplate !== undefined) return blank(named) === blank(issuerTemplate);
  // Some issuers end in a slash, which the configuration drops. No other difference is allowed.
  return named === issuer || named === `${issuer}/`;
}

/**
 * Reads the metadata of a provider (OpenID Connect Discovery 1.0, 3). Refuses (`login-failed`) metadata of another
 * issuer, and endpoints that are not allowed.
 */
export function readMetadata(provider: ProviderConfig, body: unknown): client.ServerMetadata {
  const { data, error } = metadataSchema.safeParse(body);
  if (!data) throw invalidMetadata(provider.id, `${error.issues[0]?.path.join('.') ?? ''} is missing or malformed`);
  if (!isIssuer(provider, data.issuer))
    throw invalidMetadata(provider.id, `the issuer in the metadata is ${JSON.stringify(data.issuer.slice(0, 200))}`);
  for (const [names, isCalled] of [
    [called, true],
    [opened, false],
  ] as const) {
    for (const name of names) {
      const url = data[name];
      const fault = url === undefined ? undefined : endpointFault(provider, url, isCalled);
      if (fault !== undefined) throw invalidMetadata(provider.id, `${name} ${fault}`);
    }
  }
  return data as client.ServerMetadata;
}
