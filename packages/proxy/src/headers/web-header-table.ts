import { plainHeaderName } from '@sallyport/contracts';

/**
 * How a request header of a client is kept from web applications: never passed, or passed only where the route allows it by
 * name.
 */
type Withheld = 'always' | 'unless-allowed';

/** About one connection or one hop (RFC 9110, 7.6.1), set by the gateway itself, or its own. */
const always = [
  'Audit-Id',
  'Connection',
  'Content-Length',
  'Expect',
  'HTTP2-Settings',
  'Host',
  'Impersonate-*',
  'Keep-Alive',
  'Proxy-Auth*',
  'Proxy-Connection',
  'Sallyport-*',
  'Sec-WebSocket-Protocol',
  'TE',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Pomerium-*',
  'X-Remote-*',
  'X-Sallyport-*',
];

/** Where a request comes from and what it asks for, as proxies tell it. A star stands for any ending of a name. */
const way = [
  '$WSAT',
  '$WSIS',
  '$WSPC',
  '$WSPR',
  '$WSRA',
  '$WSRH',
  '$WSSC',
  '$WSSN',
  '$WSSP',
  'CF-Connecting-IP*',
  'CF-Pseudo-IPv4',
  'CF-Visitor',
  'Client-IP',
  'CloudFront-Forwarded-Proto',
  'CloudFront-Viewer-*',
  'DO-Connecting-IP',
  'Fastly-Client-IP',
  'Fastly-SSL',
  'Fly-Client-IP',
  'Fly-Forwarded-*',
  'Forwarded*',
  'Front-End-Https',
  'L5d-*',
  'Path-Info',
  'Proto',
  'Proxy*',
  'Remote-Addr',
  'Remote-Host',
  'Script-Name',
  'True-Client-IP',
  'Via',
  'WL-Proxy-*',
  'X-Accel-*',
  'X-AppEngine-*',
  'X-ARR-SSL',
  'X-Azure-ClientIP',
  'X-Azure-SocketIP',
  'X-Client-IP',
  'X-Cluster-Client-IP',
  'X-Envoy-*',
  'X-Forward*',
  'X-Host',
  'X-HTTP-Host-Override',
  'X-HTTP-Method',
  'X-HTTP-Method-Override',
  'X-HTTPS',
  'X-Ingress-Path',
  'X-Invoke-*',
  'X-Matched-Path',
  'X-Method-Override',
  'X-Middleware-Subrequest*',
  'X-NF-Client-Connection-IP',
  'X-Now-Route-Matches',
  'X-Original-For',
  'X-Original-Forwarded-*',
  'X-Original-Host',
  'X-Original-Method',
  'X-Original-Path',
  'X-Original-Prefix',
  'X-Original-Proto',
  'X-Original-Remote-Addr',
  'X-Original-Scheme',
  'X-Original-URI',
  'X-Original-URL',
  'X-Originating-IP',
  'X-Override-URL',
  'X-ProxyUser-IP',
  'X-Real-IP',
  'X-Rewrite-URL',
  'X-Scheme',
  'X-Script-Name',
  'X-Sendfile-Type',
  'X-True-Client-IP',
  'X-URL-Scheme',
  'X-Vercel-Forwarded-*',
];

/** The certificate of a client, as what ends TLS tells it. */
const certificates = [
  '$WSCC',
  '$WSCS',
  '$WSSI',
  'Cert-Chain*',
  'Client-Cert*',
  'SSL-Cipher*',
  'SSL-Client-*',
  'SSL-Session-Id',
  'X-Amzn-Mtls-*',
  'X-ARR-ClientCert',
  'X-Client-Cert*',
  'X-Client-CN',
  'X-Client-DN',
  'X-Client-Issuer*',
  'X-Client-S-DN',
  'X-Client-Serial*',
  'X-Client-SSL-*',
  'X-Client-Subject*',
  'X-Client-Verif*',
  'X-SSL-*',
  'X-TLS-*',
];

/** Who sends a request, as proxies, clouds and their login pages tell it. */
const people = [
  '$WSRU',
  'Auth-Type',
  'Auth-User*',
  'CAS-User',
  'CF-Access-*',
  'Grpc-Metadata-*',
  'Iv-Creds',
  'Iv-Groups',
  'Iv-User*',
  'Keycloak-*',
  'Kubeflow-*',
  'Logon-User',
  'Mellon-*',
  'Ngrok-Auth-*',
  'OAM-*',
  'OIDC-*',
  'OSSO-*',
  'Remote-Email',
  'Remote-Group*',
  'Remote-Name',
  'Remote-User*',
  'Shib-*',
  'SM-AuthType',
  'SM-Serversession*',
  'SM-UniversalID',
  'SM-User*',
  'Tailscale-*',
  'Teleport-*',
  'Thanos-Tenant',
  'X-Amzn-Lambda-Context',
  'X-Amzn-Oidc-*',
  'X-Amzn-Request-Context',
  'X-Anonymous-Consumer',
  'X-Apigateway-*',
  'X-Auth-Email',
  'X-Auth-Group*',
  'X-Auth-Name',
  'X-Auth-Request-*',
  'X-Auth-Role*',
  'X-Auth-Subject',
  'X-Auth-User*',
  'X-Authenticated-*',
  'X-Authentik-*',
  'X-CAS-User',
  'X-Consumer-*',
  'X-Credential-Identifier',
  'X-Endpoint-*',
  'X-Goog-Authenticated-User-*',
  'X-Goog-Iap-*',
  'X-Hass-*',
  'X-ID-Token',
  'X-JWT-Assertion',
  'X-Keycloak-*',
  'X-MS-Client-Principal*',
  'X-MS-Token-*',
  'X-Proxy-*',
  'X-RH-Identity',
  'X-RStudio-*',
  'X-Scope-OrgID',
  'X-SSO-*',
  'X-Token-Subject',
  'X-Token-User*',
  'X-User',
  'X-User-Email',
  'X-User-Groups',
  'X-User-Name',
  'X-User-Roles',
  'X-Userinfo',
  'X-Vouch-IdP-*',
  'X-Vouch-User',
  'X-WebAuth-*',
];

type Entry = { name: string; plain: string; withheld: Withheld };
const entriesOf = (names: readonly string[], withheld: Withheld): Entry[] =>
  names.map((name) => ({ name, plain: plainHeaderName(name), withheld }));
/** Those that never pass come first, so that they count where a name belongs to several families. */
const entries = [...entriesOf(always, 'always'), ...entriesOf([...way, ...certificates, ...people], 'unless-allowed')];
const isFamily = ({ name }: Entry) => name.endsWith('*');
const exact = new Map(entries.filter((one) => !isFamily(one)).map(({ plain, withheld }) => [plain, withheld]));
/** Most names belong to no family, which the letters that they begin with show at once. */
const keyOf = (plain: string) => plain.slice(0, 3);
const families = new Map<string, Entry[]>();
// The command line has this table too, and runs on versions of Node.js without `Map.groupBy`.
for (const family of entries.filter(isFamily)) {
  const key = keyOf(family.plain);
  families.set(key, [...(families.get(key) ?? []), family]);
}

/**
 * Returns how a request header is kept from web applications, by its plain name: without its punctuation, a name is the
 * same in every spelling that a server could fold into it (CVE-2025-64484). Undefined for a header that passes.
 */
export function withheldHeader(plain: string): Withheld | undefined {
  return exact.get(plain) ?? families.get(keyOf(plain))?.find((one) => plain.startsWith(one.plain))?.withheld;
}
