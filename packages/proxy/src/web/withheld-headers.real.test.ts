import { afterEach, describe, expect, it } from '@jest/globals';
import { appHost, createWebRig, webHead, type WebRig } from '../testing/web-rig.ts';

const wordsOf = (text: string) => text.trim().split(/\s+/);
/** Headers by which servers in front of applications tell them something, and which applications therefore trust. */
const trusted = wordsOf(`
  Proxy Proxy-Client-IP Via Forwarded Client-IP Front-End-Https Script-Name Path-Info X-Forwarded-Prefix
  X-Forwarded-Client-Cert X-Forwarded-Access-Token X-Forwarded-Tls-Client-Cert X-Original-URI X-Original-URL
  X-Original-Host X-Original-Method X-Rewrite-URL X-Override-URL X-HTTP-Method-Override X-Method-Override
  X-Script-Name X-Host X-Scheme X-Real-IP X-Accel-Mapping X-Middleware-Subrequest X-Envoy-Internal
  WL-Proxy-Client-Cert X-AppEngine-User-Email X-SSL-Client-Verify X-SSL-Client-S-DN SSL-Client-Cert Client-Cert
  Client-Cert-Chain X-Client-Cert X-Client-Certificate X-Client-Verify X-Amzn-Mtls-Clientcert-Leaf
  X-ARR-ClientCert X-Amzn-Oidc-Data X-Amzn-Oidc-Identity X-MS-Token-AAD-Id-Token X-MS-Client-Principal
  X-MS-Client-Principal-Name X-Apigateway-Api-Userinfo X-Endpoint-API-UserInfo X-Goog-Iap-Jwt-Assertion
  X-Goog-Authenticated-User-Email Cf-Access-Jwt-Assertion Cf-Access-Authenticated-User-Email
  Tailscale-User-Login Tailscale-User-Name X-authentik-username X-authentik-groups X-Auth-User
  X-Auth-Request-User X-Auth-Request-Groups Remote-User Remote-Groups OIDC_CLAIM_sub OIDC-Claim-Email
  X-Consumer-Username X-Authenticated-Userid X-Vouch-User X-WEBAUTH-USER Teleport-Jwt-Assertion Shib-Session-ID
  SM_USER iv-user X-Sallyport-Jwt-Assertion Sallyport-User Sallyport-Route X-Pomerium-Claim-Email Audit-Id
  X-Forwarded-Host X-Forwarded-Proto X-Proxy-User X-Proxy-Roles X-Proxy-Ext-Team Kubeflow-Userid L5d-Dst-Override
  X-JWT-Assertion X-Userinfo X-ID-Token X-Token-Subject X-Token-User-Email $WSRU $WSCC $WSRA X-Scope-OrgID
  Thanos-Tenant SM-UniversalID OSSO-User-DN SSL-Cipher SSL-Session-Id Cert-Chain-0 X-Client-CN X-User-Email X-SSO-User
  X-RStudio-Username X-Hass-User-ID X-Ingress-Path X-RH-Identity CAS-User X-Keycloak-Subject Auth-Type Logon-User
  Grpc-Metadata-X-Auth-Request-User X-NF-Client-Connection-IP X-Original-For X-Original-Prefix X-Matched-Path
  X-Invoke-Path CloudFront-Viewer-Address
`);
/** What browsers and their scripts send to applications, among it names that look a little like those above. */
const own = wordsOf(`
  X-Requested-With X-CSRF-Token X-Auth-Token X-Request-Id X-Client-Data X-Client-Info X-Realm X-Hub-Signature
  X-API-Key X-User-Agent X-User-Id X-Amz-Date X-Goog-Api-Key X-MS-Version X-Array X-Voucher X-Original-Filename
  X-Middleware-Prefetch X-Override-Limits Remote-Control Clients SSL Idempotency-Key
`);

let rig: WebRig;
afterEach(() => rig.close());

const start = async (route: object = {}) => {
  rig = await createWebRig((_request, response) => response.end('ok'), { route });
};
/** Sends the headers, each with its own name as the value, and returns those that reached the application. */
async function arriving(names: readonly string[]): Promise<string[]> {
  const answer = await rig.raw(
    webHead(
      'GET',
      '/',
      names.map((name) => `${name}: planted ${name}`),
    ),
  );
  expect(answer).toMatch(/^HTTP\/1.1 200/);
  return rig.asked.at(-1)!.rawHeaders.flatMap((value) => (value.startsWith('planted ') ? [value.slice(8)] : []));
}

describe('a header that applications trust', () => {
  it.each<[string, (name: string) => string]>([
    ['as it is', (name) => name],
    ['in lower case', (name) => name.toLowerCase()],
    ['with underscores', (name) => name.replaceAll('-', '_')],
    ['with dots', (name) => name.replaceAll('-', '.')],
    ['without hyphens', (name) => name.replaceAll('-', '')],
    ['with more punctuation', (name) => `${name.replaceAll('-', "-'")}_`],
  ])('does not reach one from a client, written %s', async (_how, spell) => {
    await start();
    expect(await arriving(trusted.map(spell))).toEqual([]);
  });

  it('does not reach it with an upgrade either', async () => {
    await start();
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: k', `Origin: https://${appHost}`];
    await rig.raw(webHead('GET', '/', [...upgrade, ...trusted.map((name) => `${name}: planted`)]));
    expect(rig.asked).toHaveLength(1);
    expect(rig.asked[0]!.rawHeaders).not.toContain('planted');
  });

  it('passes where the route allows it, in its own spelling only', async () => {
    await start({ allowRequestHeaders: ['X-HTTP-Method-Override', 'tailscale-user-login'] });
    expect(await arriving([...trusted, 'X_HTTP_Method_Override', 'Tailscale.User-Login'])).toEqual([
      'X-HTTP-Method-Override',
      'Tailscale-User-Login',
    ]);
  });

  it('that the gateway sets passes from no client, whatever the route allows', async () => {
    await start({
      allowRequestHeaders: [
        'X-Forwarded-For',
        'X-Sallyport-Jwt-Assertion',
        'Sallyport-User',
        'Audit-Id',
        'Proxy-Connection',
      ],
    });
    expect(await arriving(['X-Forwarded-For', ...trusted, 'Proxy-Connection'])).toEqual([]);
  });
});

describe('any other header', () => {
  it('passes, also if its name begins alike', async () => {
    await start();
    expect(await arriving(own)).toEqual(own);
  });
});
