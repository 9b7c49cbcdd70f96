import type * as client from 'openid-client';
import type { ProviderConfig } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { z } from 'zod';
import { faultOfEndpoint } from './check-endpoint.ts';

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
const [asked, shown] = [
  ['token_endpoint', 'jwks_uri', 'userinfo_endpoint'],
  ['authorization_endpoint', 'end_session_endpoint'],
] as const;

const unbelieved = (id: string, why: string) =>
  new ProblemError(
    'login-failed',
    `The answer of the identity provider ${id} did not pass verification, so it is not believed.`,
    { cause: new Error(`discovery: ${why}`) },
  );

/** Entra ID writes {tenantid} for what its tokens call tid. */
const blank = (template: string) => template.replace(/\{[^{}]*\}/g, '{}');

function isIssuer({ issuer, issuerTemplate }: ProviderConfig, named: string): boolean {
  if (issuerTemplate !== undefined) return blank(named) === blank(issuerTemplate);
  // Some issuers end in a slash, which the configuration does not keep; no other difference is overlooked.
  return named === issuer || named === `${issuer}/`;
}

/**
 * Reads what a provider says of itself (OpenID Connect Discovery 1.0, 3). Refuses (`login-failed`) what is not of the
 * issuer that was asked, and addresses that are not to be asked.
 */
export function readMetadata(provider: ProviderConfig, body: unknown): client.ServerMetadata {
  const { data, error } = metadataSchema.safeParse(body);
  if (!data) throw unbelieved(provider.id, `${error.issues[0]?.path.join('.') ?? ''} is missing or of another form`);
  if (!isIssuer(provider, data.issuer))
    throw unbelieved(provider.id, `the issuer calls itself ${JSON.stringify(data.issuer.slice(0, 200))}`);
  for (const [names, isAsked] of [
    [asked, true],
    [shown, false],
  ] as const) {
    for (const name of names) {
      const address = data[name];
      const fault = address === undefined ? undefined : faultOfEndpoint(provider, address, isAsked);
      if (fault !== undefined) throw unbelieved(provider.id, `${name} ${fault}`);
    }
  }
  return data as client.ServerMetadata;
}
