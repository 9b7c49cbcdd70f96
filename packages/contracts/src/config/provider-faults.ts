/** What of a provider's settings must go together. */
export type ProviderSettings = {
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

/** What the gateway itself puts into the request, and what would change its meaning. */
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
    yield { path: ['clientSecret'], message: `is missing: clientAuth: ${clientAuth} sends it` };
  if (clientAuth === 'none' && clientSecret !== undefined)
    yield { path: ['clientSecret'], message: 'is never sent with clientAuth: none' };
  if (clientAuth === 'private_key_jwt' && !hasKey)
    yield { path: ['clientKeyFile'], message: 'is missing: clientAuth: private_key_jwt signs with it' };
  if (clientAuth !== 'private_key_jwt' && (hasKey || clientKeyId !== undefined))
    yield {
      path: [hasKey ? 'clientKeyFile' : 'clientKeyId'],
      message: 'is used with clientAuth: private_key_jwt only',
    };
}

/** The claims that stand in braces in a template. */
export function claimsOfTemplate(template: string): string[] {
  return [...template.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name!);
}

function* templateFaults({ issuerTemplate, requireClaims }: ProviderSettings): Generator<Fault> {
  if (issuerTemplate === undefined) return;
  const names = claimsOfTemplate(issuerTemplate);
  if (names.length === 0)
    yield {
      path: ['issuerTemplate'],
      message: 'names no claim in braces; an issuer that is always the same is the issuer',
    };
  // Whoever has a directory of their own with such a provider could log in otherwise.
  for (const name of names)
    if (!Object.hasOwn(requireClaims, name))
      yield {
        path: ['requireClaims'],
        message: `must say which values of the claim ${name} are let in: issuerTemplate takes any`,
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
    if (apiUrl !== undefined) yield { path: ['apiUrl'], message: 'is for kind: github only' };
    return;
  }
  for (const name of ['issuerTemplate', 'discoveryUrl'] as const)
    if (provider[name] !== undefined) yield { path: [name], message: 'is for OpenID providers only' };
  for (const [name, list] of Object.entries({ audiences, endpointHosts }))
    if (list.length > 0) yield { path: [name], message: 'is for OpenID providers only' };
  if (clientSecret === undefined)
    yield { path: ['clientSecret'], message: 'is missing: GitHub gives nothing without it' };
  if (clientAuth !== 'auto' && clientAuth !== 'post')
    yield { path: ['clientAuth'], message: 'GitHub takes the secret in the body (post)' };
}

/** Finds settings of one provider that do not go together. */
export function faultsOfProvider(provider: ProviderSettings): Fault[] {
  return [addressFaults, clientFaults, templateFaults, paramFaults, kindFaults].flatMap((faults) => [
    ...faults(provider),
  ]);
}
