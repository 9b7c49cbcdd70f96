import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { importSource, putSource } from '../testing/import-pomerium.ts';
import { createRig, type Rig } from '../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());

/** Imports a configuration with one web route that has these lines, and others at the top. */
async function importRoute(lines: readonly string[], top: readonly string[] = []) {
  putSource(
    rig,
    [
      'authenticate_service_url: https://login.corp.test',
      ...top,
      'routes:',
      ...(lines.some((line) => line.startsWith('from:')) ? ['  -'] : ['  - from: https://app.corp.test']),
      ...(lines.some((line) => line.startsWith('to:')) ? [] : ['    to: http://app:8080']),
      '    allowed_domains: [corp.test]',
      ...lines.map((line) => `    ${line}`),
    ].join('\n'),
  );
  const result = await importSource(rig);
  const left = result.notCarried.map(({ path }) => path).toSorted();
  return { ...result, route: result.parsed.routes?.[0], left };
}
const plain = {
  from: 'https://app.corp.test',
  to: 'http://app:8080',
  policy: [{ allow: { or: [{ domain: { is: 'corp.test' } }] } }],
};

describe('a web route of Pomerium', () => {
  it('becomes a web application with the same address and policy', async () => {
    const { route, routes, left, parsed } = await importRoute([]);
    expect(route).toEqual(plain);
    expect(routes).toEqual([{ from: 'routes.0', url: plain.from, to: plain.to }]);
    expect(left).toEqual([]);
    expect(parsed.gateway).not.toHaveProperty('identityKeyFile');
  });

  it('keeps its upstream settings', async () => {
    const { route, left, notes } = await importRoute([
      'to: https://10.0.0.7:8443',
      'preserve_host_header: true',
      'timeout: 90s',
      'tls_custom_ca_file: /etc/pomerium/app-ca.crt',
      'tls_server_name: app.internal',
      'tls_client_cert_file: /etc/pomerium/client.crt',
      'tls_client_key_file: /etc/pomerium/client.key',
      'allow_websockets: true',
    ]);
    expect(route).toEqual({
      ...plain,
      to: 'https://10.0.0.7:8443',
      toCaFile: '/etc/pomerium/app-ca.crt',
      toServerName: 'app.internal',
      toClientCertFile: '/etc/pomerium/client.crt',
      toClientKeyFile: '/etc/pomerium/client.key',
      preserveHost: true,
      timeouts: { firstByte: '90s' },
    });
    expect((await importRoute([`name: ${'App '.repeat(40)}`])).route!['name']).toHaveLength(99);
    expect(left).toEqual([]);
    expect(notes.map(({ path }) => path)).toContain('routes.0.timeout');
  });

  it('has the certificates and the key of its source in files, and not in the result', async () => {
    const { route, secrets, parsed } = await importRoute([
      'to: https://app:8443',
      'tls_custom_ca: cGxhbnRlZC1jYQ==',
      'tls_client_cert: cGxhbnRlZC1jZXJ0',
      'tls_client_key: cGxhbnRlZC1rZXk=',
    ]);
    expect(route).toMatchObject({
      toCaFile: 'app-ca.crt',
      toClientCertFile: 'app-client.crt',
      toClientKeyFile: 'app-client.key',
    });
    expect(secrets.map(({ path, reference }) => [path, reference])).toEqual([
      ['routes.0.tls_client_key', 'app-client.key'],
    ]);
    expect(JSON.stringify([parsed, secrets])).not.toContain('cGxhbnRl');
  });

  it('sends the same assertion, signed by the same key, and the same headers', async () => {
    const { route, parsed, left } = await importRoute(
      ['pass_identity_headers: true', 'jwt_groups_filter: [sre]'],
      ['signing_key_file: /etc/pomerium/signing.pem', 'jwt_claims_headers: email,groups', 'jwt_groups_filter: [dev]'],
    );
    expect(route).toEqual({
      ...plain,
      identity: {
        pomeriumJwt: true,
        headers: { email: 'X-Pomerium-Claim-Email', groups: 'X-Pomerium-Claim-Groups' },
        groups: ['dev', 'sre'],
      },
    });
    expect(parsed.gateway.identityKeyFile).toBe('/etc/pomerium/signing.pem');
    expect(left).toEqual([]);
  });

  it('may get its headers by name, and learns which of them it does not get', async () => {
    const { route, notCarried, secrets, parsed } = await importRoute(
      [],
      [
        'pass_identity_headers: true',
        'signing_key: cGxhbnRlZC1rZXk=',
        'jwt_claims_headers: {X-Email: email, X-Id: user, X-Team: department}',
      ],
    );
    expect(route).toMatchObject({ identity: { pomeriumJwt: true, headers: { email: 'X-Email' } } });
    expect(notCarried.map(({ message }) => message)).toEqual([
      'asks for the header X-Id with the claim user, which has no counterpart',
      'asks for the header X-Team with the claim department, which has no counterpart',
    ]);
    expect(parsed.gateway.identityKeyFile).toBe('identity.pem');
    expect(secrets.map(({ path }) => path)).toEqual(['signing_key']);
    expect(JSON.stringify([parsed, secrets])).not.toContain('cGxhbnRl');
  });

  it('learns nothing if it says so itself', async () => {
    const { route } = await importRoute(['pass_identity_headers: false'], ['pass_identity_headers: true']);
    expect(route).toEqual(plain);
  });

  it('is limited to its paths, and needs a login', async () => {
    const { route, notes } = await importRoute(['prefix: /api', 'allow_public_unauthenticated_access: true']);
    expect(route!.policy).toEqual([
      { allow: { or: [{ authenticated_user: true }, { domain: { is: 'corp.test' } }] } },
      { deny: { not: [{ http_path: { starts_with: '/api' } }] } },
    ]);
    expect(notes.map(({ message, instead }) => `${message} ${instead}`).join('\n')).toMatch(
      /an application can only be reached after a login[\s\S]*Without this rule, users can reach the whole application/,
    );
  });

  it.each([
    ['regex: ^/a', 'routes.0.regex'],
    ['prefix_rewrite: /', 'routes.0.prefix_rewrite'],
    ['regex_rewrite_pattern: ^/a', 'routes.0.regex_rewrite_pattern'],
    ['redirect: {https_redirect: true}', 'routes.0.redirect'],
    ['response: {status: 200}', 'routes.0.response'],
    ['to: http://app:8080/base', 'routes.0.to'],
    ['to: h2c://app:8080', 'routes.0.to'],
    ['tls_downstream_client_ca_file: /ca.crt', 'routes.0.tls_downstream_client_ca_file'],
  ])('with %s is left out, and the report says why', async (line, where) => {
    const { route, left } = await importRoute([line]);
    expect(route).toBeUndefined();
    expect(left).toEqual(['routes.0', where]);
  });

  it.each(['regex: ^/a', 'prefix_rewrite: /', 'to: h2c://app:8080', 'from: tcp+https://db.corp.test:5432'])(
    'with %s is left out, and the report names its other options without a counterpart',
    async (line) => {
      const { route, left, notes, secrets } = await importRoute([
        line,
        'name: App',
        'set_request_headers: {X-A: b}',
        'remove_request_headers: [X-B]',
        'idle_timeout: 5m',
        'tls_skip_verify: true',
        'jwt_issuer_format: uri',
        'pass_identity_headers: true',
        'timeout: 30s',
        'tls_custom_ca: cGxhbnRlZC1jYQ==',
        'tls_client_cert_file: /client.crt',
        'tls_client_key: cGxhbnRlZC1rZXk=',
        'allow_websockets: true',
        'preserve_host_header: true',
        'prefix: /',
        'what_is_this: 1',
      ]);
      expect(route).toBeUndefined();
      expect(left.filter((one) => one !== `routes.0.${line.split(':')[0]}`)).toEqual([
        'routes.0',
        'routes.0.idle_timeout',
        'routes.0.jwt_issuer_format',
        'routes.0.remove_request_headers',
        'routes.0.set_request_headers',
        // The address of this one is http, which has no certificate to verify.
        ...(line.startsWith('to:') ? ['routes.0.tls_skip_verify'] : []),
        'routes.0.what_is_this',
      ]);
      expect(notes.filter(({ path }) => path.startsWith('routes'))).toEqual([]);
      expect(secrets.filter(({ path }) => path.startsWith('routes'))).toEqual([]);
    },
  );

  it('that is left out is named once for each option, with its TLS', async () => {
    const { left } = await importRoute(['to: https://app:8443', 'regex: ^/a', 'tls_skip_verify: true']);
    expect(left).toEqual(['routes.0', 'routes.0.regex', 'routes.0.tls_skip_verify']);
  });

  it.each([
    'idle_timeout: 5m',
    'set_request_headers: {X-A: b}',
    'set_authorization_header: id_token',
    'remove_request_headers: [X-A]',
    'set_response_headers: {X-A: b}',
    'host_rewrite: other',
    'cors_allow_preflight: true',
    'lb_policy: RANDOM',
    'show_error_details: true',
    'description: App',
  ])('is carried over without %s, and the report says what to do', async (line) => {
    const { route, notCarried } = await importRoute([line]);
    expect(route).toEqual(plain);
    expect(notCarried.map(({ path }) => path)).toEqual([`routes.0.${line.split(':')[0]}`]);
    expect(notCarried[0]!.message).not.toMatch(/cluster|API server/);
  });

  it('is carried over once for each host, and only at the port of the gateway', async () => {
    putSource(
      rig,
      [
        'authenticate_service_url: https://login.corp.test',
        'routes:',
        ...[
          'https://app.corp.test',
          'https://APP.corp.test',
          'https://other.corp.test:8443',
          'http://plain.corp.test',
          'tcp+https://db.corp.test:5432',
        ].flatMap((from) => [`  - from: ${from}`, '    to: http://app:8080', '    allow_any_authenticated_user: true']),
      ].join('\n'),
    );
    const { parsed, notCarried } = await importSource(rig);
    expect(parsed.routes!.map(({ from }) => from)).toEqual(['https://app.corp.test']);
    expect(
      notCarried.filter(({ path }) => path.endsWith('.from')).map(({ path, message }) => `${path} ${message}`),
    ).toEqual([
      'routes.1.from has the host of another route, but each host leads to one upstream',
      'routes.3.from is not an https address',
      'routes.4.from is a route for tcp, not for a web application',
      'routes.2.from has another port than gateway.url, and the gateway has only one',
    ]);
  });
});
