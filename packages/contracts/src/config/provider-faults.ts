/** The settings of a provider that depend on each other. */
type ProviderSettings = {
  kind: 'openid' | 'github';
  issuer: string;
  allowInsecureIssuer: boolean;
  scopes: readonly string[];
  clientAuth: string;
  extraParams: Record<string, string>;
  requireClaims: Record<string, unknown>;
  issuerTemplate?: string | undefined;
  discoveryUrl?: string | undefined;
  apiUrl?: string | undefined;
  clientSecret?: string | undefined;
  clientKeyFile?: string | null | undefined;
  clientKeyId?: string | undefined;
  domainHintParam?: string | undefined;
  audiences: readonly string[];
  endpointHosts: readonly string[];
};
type Fault = { path: string[]; message: string };

/** Parameters that the gateway sets itself, or that would change the meaning of the request. */
const ownParams = new Set([
  'client_id',
  'client_secret',
  'redirect_uri',
  'response_type',
  'response_mode',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'code',
  'request',
  'request_uri',
  'login_hint',
  'max_age',
]);

function* addressFaults({ issuer, discoveryUrl, apiUrl, allowInsecureIssuer }: ProviderSettings): Generator<Fault> {
  if (allowInsecureIssuer) return;
  for (const [name, url] of Object.entries({ issuer, discoveryUrl, apiUrl })) {
    if (url !== undefined && !url.startsWith('https:'))
      yield { path: [name], message: 'must be https (or set allowInsecureIssuer: true, for a demo)' };
  }
}

function* clientFaults({ clientAuth, clientSecret, clientKeyFile, clientKeyId }: ProviderSettings): Generator<Fault> {
  const hasKey = clientKeyFile != null;
  if ((clientAuth === 'basic' || clientAuth === 'post') && clientSecret === undefined)
    yield { path: ['clientSecret'], message: `is missing: clientAuth: ${clientAuth} needs it` };
  if (clientAuth === 'none' && clientSecret !== undefined)
    yield { path: ['clientSecret'], message: 'is not used with clientAuth: none' };
  if (clientAuth === 'private_key_jwt' && !hasKey)
    yield { path: ['clientKeyFile'], message: 'is missing: clientAuth: private_key_jwt needs it' };
  if (clientAuth !== 'private_key_jwt' && (hasKey || clientKeyId !== undefined))
    yield {
      path: [hasKey ? 'clientKeyFile' : 'clientKeyId'],
      message: 'is only for clientAuth: private_key_jwt',
    };
}

/** Returns the claims in braces in a template. */
export function claimsOfTemplate(template: string): string[] {
  return [...template.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name!);
}

function* templateFaults({ issuerTemplate, requireClaims }: ProviderSettings): Generator<Fault> {
  if (issuerTemplate === undefined) return;
  const names = claimsOfTemplate(issuerTemplate);
  if (names.length === 0)
    yield {
      path: ['issuerTemplate'],
      message: 'contains no claim in braces; put a fixed issuer into issuer',
    };
  // Otherwise anyone with their own tenant at such a provider could log in.
  for (const name of names)
    if (!Object.hasOwn(requireClaims, name))
      yield {
        path: ['requireClaims'],
        message: `must list the accepted values of the claim ${name}, because issuerTemplate accepts any`,
      };
}

function* paramFaults({ extraParams, domainHintParam }: ProviderSettings): Generator<Fault> {
  for (const name of Object.keys(extraParams))
    if (ownParams.has(name)) yield { path: ['extraParams', name], message: 'is set by the gateway itself' };
  if (domainHintParam !== undefined && ownParams.has(domainHintParam))
    yield { path: ['domainHintParam'], message: 'is set by the gateway itself' };
}

function* kindFaults(provider: ProviderSettings): Generator<Fault> {
  const { kind, scopes, apiUrl, clientAuth, clientSecret, audiences, endpointHosts } = provider;
  if (kind === 'openid') {
    if (!scopes.includes('openid')) yield { path: ['scopes'], message: 'must contain openid' };
    if (apiUrl !== undefined) yield { path: ['apiUrl'], message: 'is only for kind: github' };
    return;
  }
  for (const name of ['issuerTemplate', 'discoveryUrl'] as const)
    if (provider[name] !== undefined) yield { path: [name], message: 'is only for OpenID providers' };
  for (const [name, list] of Object.entries({ audiences, endpointHosts }))
    if (list.length > 0) yield { path: [name], message: 'is only for OpenID providers' };
  if (clientSecret === undefined) yield { path: ['clientSecret'], message: 'is missing: GitHub requires it' };
  if (clientAuth !== 'auto' && clientAuth !== 'post')
    yield { path: ['clientAuth'], message: 'must be auto or post: GitHub takes the secret in the body' };
}

/** Returns the faults in the settings of one provider that depend on each other. */
export function faultsOfProvider(provider: ProviderSettings): Fault[] {
  return [addressFaults, clientFaults, templateFaults, paramFaults, kindFaults].flatMap((faults) => [
    ...faults(provider),
  ]);
}
