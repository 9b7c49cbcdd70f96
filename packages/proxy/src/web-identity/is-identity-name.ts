import { identityFields, plainHeaderName, type RouteIdentityConfig } from '@sallyport/contracts';

/** The beginnings of names by which gateways and proxies tell applications who sends a request. */
const families = [
  'cfaccess',
  'impersonate',
  'remoteemail',
  'remotegroup',
  'remotename',
  'remoteuser',
  'xamznoidc',
  'xauthrequest',
  'xforwardedaccesstoken',
  'xforwardedemail',
  'xforwardedgroup',
  'xforwardedpreferredusername',
  'xforwardeduser',
  'xgoogauthenticateduser',
  'xgoogiapjwtassertion',
  'xmsclientprincipal',
  'xpomerium',
  'xremote',
  'xsallyport',
  'xwebauth',
];
/** The letters with which a name of the families begins. */
const initials = new Set(families.map((family) => family.charCodeAt(0)));

/**
 * Creates the test for request headers that never come from a client: those that the route has configured, whether or not
 * this identity has a value for them, and those of the usual families, in any spelling that a server may take for them.
 */
export function createIsIdentityName({ headers }: Pick<RouteIdentityConfig, 'headers'>): (lower: string) => boolean {
  const configured = new Set(identityFields.flatMap((field) => headers[field] ?? []).map(plainHeaderName));
  const first = new Set([...initials, ...[...configured].map((name) => name.charCodeAt(0))]);
  return (lower) => {
    const code = lower.charCodeAt(0);
    // Most headers are settled by their first letter. Anything else than a letter may be dropped or folded by a server.
    if (code >= 97 && code <= 122 && !first.has(code)) return false;
    const plain = plainHeaderName(lower);
    return configured.has(plain) || families.some((family) => plain.startsWith(family));
  };
}
