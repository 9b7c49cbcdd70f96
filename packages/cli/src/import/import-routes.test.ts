import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { importSource, putSource, route } from '../testing/import-pomerium.ts';
import { createRig, type Rig } from '../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());

async function importRoute(...lines: string[]) {
  putSource(rig, route('allow_any_authenticated_user: true', ...lines));
  const result = await importSource(rig);
  return { ...result, left: result.notCarried.map((one) => one.path).toSorted() };
}

describe('a Kubernetes route of Pomerium', () => {
  it('with a token and a client certificate keeps the token, and the report names the certificate', async () => {
    const inline = await importRoute('tls_client_cert: cGxhbnRlZC1jZXJ0', 'tls_client_key: cGxhbnRlZC1rZXk=');
    expect(inline.parsed.clusters[0]).toMatchObject({ tokenFile: '/t' });
    expect(inline.left).toEqual(['routes.0.tls_client_cert', 'routes.0.tls_client_key']);
    expect(inline.notCarried[0]).toMatchObject({
      message: 'is used together with a token, but the gateway has only one credential for a cluster',
      instead: 'Keep the token, or replace it with clientCertFile and clientKeyFile.',
    });
    expect(JSON.stringify(inline)).not.toContain('cGxhbnRl');
    const files = await importRoute('tls_client_cert_file: /client.crt', 'tls_client_key_file: /client.key');
    expect(files.left).toEqual(['routes.0.tls_client_cert_file', 'routes.0.tls_client_key_file']);
  });

  it.each(['regex: ^/a', 'prefix_rewrite: /'])(
    'with %s is left out, and the report names its other options without a counterpart',
    async (line) => {
      const { parsed, left, notes, secrets, notCarried } = await importRoute(
        line,
        'set_request_headers: {X-A: b}',
        'remove_request_headers: [X-B]',
        'idle_timeout: 5m',
        'timeout: 30s',
        'tls_skip_verify: true',
        'tls_custom_ca: cGxhbnRlZC1jYQ==',
        'tls_client_cert: cGxhbnRlZC1jZXJ0',
        'tls_client_key: cGxhbnRlZC1rZXk=',
        'allow_websockets: true',
        'what_is_this: 1',
      );
      expect(parsed.clusters).toEqual([]);
      expect(left.filter((one) => one !== `routes.0.${line.split(':')[0]}`)).toEqual([
        'routes.0',
        'routes.0.idle_timeout',
        'routes.0.remove_request_headers',
        'routes.0.set_request_headers',
        'routes.0.timeout',
        'routes.0.tls_client_cert',
        'routes.0.tls_client_key',
        'routes.0.tls_skip_verify',
        'routes.0.what_is_this',
      ]);
      // "See above" must hold.
      expect(notCarried.findLast(({ path }) => path.startsWith('routes'))?.path).toBe('routes.0');
      expect(notes.filter(({ path }) => path.startsWith('routes'))).toEqual([]);
      expect(secrets.filter(({ path }) => path.startsWith('routes'))).toEqual([]);
    },
  );
});
