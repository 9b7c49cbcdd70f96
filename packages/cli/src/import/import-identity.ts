import type { ImportReport } from './import-report.ts';
import { type Options, hasSubstitution, readFileName, readGoDuration } from './options.ts';

type Section = Record<string, unknown>;

/** The issuers of providers that Pomerium knows by name. */
const knownIssuers: Record<string, string> = { google: 'https://accounts.google.com', gitlab: 'https://gitlab.com' };
const withoutOpenId = new Set(['github', 'apple', 'hosted']);

function issuer(options: Options, report: ImportReport): string | undefined {
  const provider = options.text('idp_provider')?.toLowerCase();
  const url = options.text('idp_provider_url');
  if (provider === undefined && url === undefined) return undefined;
  if (provider !== undefined && withoutOpenId.has(provider)) {
    report.notCarried(
      options.at('idp_provider'),
      'is not an OpenID Connect provider that the gateway can use directly',
      'Put an OpenID Connect provider in front of it (Dex, Keycloak), and add that to identity.providers.',
    );
    return undefined;
  }
  const found = url ?? knownIssuers[provider ?? ''];
  if (found === undefined) {
    report.notCarried(
      options.at('idp_provider'),
      'needs idp_provider_url, which is missing',
      'Add the provider to identity.providers with its issuer.',
    );
    return undefined;
  }
  if (!URL.canParse(found)) {
    report.fault(options.at('idp_provider_url'), 'is not a URL', 'write it like https://idp.example.com');
    return undefined;
  }
  if (new URL(found).protocol !== 'https:' || hasSubstitution(found) || /[?#]|\/\/[^/]*@/.test(found)) {
    report.notCarried(
      options.at('idp_provider_url'),
      'is not a plain https URL',
      'Add the provider to identity.providers by hand.',
    );
    return undefined;
  }
  return found;
}

function clientSecret(options: Options, report: ImportReport): string {
  const file = readFileName(options, 'idp_client_secret_file', report);
  if (file !== undefined && !file.includes('}')) return report.refer({ text: `\${file:${file}}`, sample: 'secret' });
  const reference = { text: '${env:IDP_CLIENT_SECRET}', sample: 'secret' };
  if (options.isSet('idp_client_secret')) {
    return report.secret(
      options.at('idp_client_secret'),
      reference,
      'Put the secret into the environment variable IDP_CLIENT_SECRET, or write ${file:/path/to/the/secret} instead.',
    );
  }
  report.note(
    [],
    'the source has no idp_client_secret, so the result reads the environment variable IDP_CLIENT_SECRET, as Pomerium does',
  );
  return report.refer(reference);
}

/** Converts the identity provider. Returns undefined if there is none that the gateway can use. */
export function importIdentity(options: Options, report: ImportReport): Section | undefined {
  const found = issuer(options, report);
  if (found === undefined) {
    for (const name of ['idp_client_id', 'idp_client_secret', 'idp_client_secret_file', 'idp_scopes'])
      options.raw(name);
    report.note([], 'the result has no identity provider, so nobody can log in', 'Add one to identity.providers.');
    return undefined;
  }
  const clientId = options.text('idp_client_id');
  if (clientId === undefined)
    report.note(
      [],
      'the source has no idp_client_id, so the result reads the environment variable IDP_CLIENT_ID, as Pomerium does',
    );
  const asked = options
    .texts('idp_scopes')
    .flatMap((one) => one.split(','))
    .map((one) => one.trim())
    .filter((one) => one !== '' && !hasSubstitution(one));
  const scopes = asked.length === 0 || asked.includes('openid') ? asked : ['openid', ...asked];
  const secret = clientSecret(options, report);
  options.raw('idp_client_secret');
  report.note(
    [],
    'users are identified by their email address (claims.user: email), which the provider must have verified',
    'To identify users by another claim, see identity.providers[].claims and emailVerified.',
  );
  const provider = {
    id:
      options
        .text('idp_provider')
        ?.toLowerCase()
        .replace(/[^a-z0-9-]/g, '-')
        .replace(/^-+|-+$/g, '') || 'corp',
    issuer: found,
    clientId:
      clientId === undefined || hasSubstitution(clientId)
        ? report.refer({ text: '${env:IDP_CLIENT_ID}', sample: 'client' })
        : clientId,
    clientSecret: secret,
    ...(scopes.length === 0 ? {} : { scopes }),
  };
  return { providers: [provider] };
}

/** Converts the store and the lifetime of sessions. */
export function importSessions(options: Options, report: ImportReport): Section | undefined {
  const text = options.text('cookie_expire');
  const lifetime = text === undefined ? undefined : readGoDuration(text);
  if (text !== undefined && lifetime === undefined)
    report.fault(options.at('cookie_expire'), 'is not a duration', 'write it like 14h');
  const storage = options.text('databroker_storage_type');
  const connection = ['databroker_storage_connection_string', 'databroker_storage_connection_string_file'];
  const life = lifetime === undefined ? {} : { lifetime };
  if (storage === 'redis') {
    const reference = { text: '${env:SALLYPORT_REDIS_URL}', sample: 'redis://redis:6379/0' };
    const advice =
      'Put the URL of a Redis for Sallyport alone into the environment variable SALLYPORT_REDIS_URL. The data of Pomerium is not carried over, so users must log in again.';
    const named = connection.find((name) => options.isSet(name));
    if (named === undefined) report.note(options.at('databroker_storage_type'), 'becomes sessions.redis', advice);
    else report.secret(options.at(named), reference, advice);
    report.refer(reference);
    const caFile = readFileName(options, 'databroker_storage_ca_file', report);
    for (const name of connection) options.raw(name);
    return { redis: reference.text, ...(caFile === undefined ? {} : { caFile }), ...life };
  }
  options.raw('databroker_storage_ca_file');
  for (const name of connection) {
    if (options.isSet(name))
      report.notCarried(
        options.at(name),
        'belongs to the databroker, which is not needed',
        'Set sessions.redis to the URL of a Redis.',
      );
    options.raw(name);
  }
  if (storage !== undefined && storage !== 'memory')
    report.notCarried(
      options.at('databroker_storage_type'),
      'has no counterpart: sessions are stored in Redis',
      'Set sessions.redis to the URL of a Redis.',
    );
  report.note(
    [],
    'sessions are stored in memory',
    'If you run more than one process, or if a restart must not log users out, set sessions.redis.',
  );
  return lifetime === undefined ? undefined : { memory: true, ...life };
}
