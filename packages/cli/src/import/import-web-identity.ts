import type { ImportReport } from './import-report.ts';
import { type Options, readFileName } from './options.ts';

/** What Pomerium tells every application, unless the route says otherwise. */
export type IdentityDefaults = {
  passIdentity: boolean;
  /** The configured headers by field. */
  headers: Record<string, string>;
  groups: readonly string[] | undefined;
};

/** The claims that headers can have here. Pomerium's `user` is another: the provider's id of the user. */
const fields = new Set(['email', 'groups', 'name']);

/** Returns the pairs of header and claim. A list of claims means headers with the names that Pomerium gives them. */
function claimHeaders(options: Options): [header: string, claim: string][] {
  const value = options.raw('jwt_claims_headers');
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.entries(value).map(([header, claim]) => [header, String(claim)]);
  return options
    .texts('jwt_claims_headers')
    .flatMap((one) => one.split(/[\s,]+/))
    .filter((claim) => claim !== '')
    .map((claim) => [
      `X-Pomerium-Claim-${claim.replace(/(?:^|[-_])[a-z]/g, (start) => start.replace('_', '-').toUpperCase())}`,
      claim,
    ]);
}

/** Reads what applications learn about users. Only asked for if a route passes it on. */
export function readIdentityDefaults(options: Options, report: ImportReport): IdentityDefaults {
  const headers: Record<string, string> = {};
  for (const [header, claim] of claimHeaders(options)) {
    if (fields.has(claim) && headers[claim] === undefined && /^[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*$/.test(header))
      headers[claim] = header;
    else
      report.notCarried(
        options.at('jwt_claims_headers'),
        `asks for the header ${header} with the claim ${claim}, which has no counterpart`,
        'Headers can have email, name and groups, and user, which is the name that clusters get. Everything else is in the assertion.',
      );
  }
  const groups = options.texts('jwt_groups_filter');
  return {
    passIdentity: options.flag('pass_identity_headers'),
    headers,
    groups: groups.length === 0 ? undefined : groups,
  };
}

/** Returns the file of the key that signs identities. Applications go on to verify with the same key. */
export function importSigningKey(options: Options, report: ImportReport): string {
  const file = readFileName(options, 'signing_key_file', report);
  if (file !== undefined) {
    options.raw('signing_key');
    report.note(
      options.at('signing_key_file'),
      'becomes gateway.identityKeyFile, which must have the key in PEM and not in base64',
    );
    return file;
  }
  if (options.isSet('signing_key'))
    report.secret(
      options.at('signing_key'),
      { text: 'identity.pem', sample: 'identity.pem' },
      'Decode it from base64, and write it to identity.pem next to the result. Make it readable for the gateway only.',
    );
  else
    report.note(
      [],
      'the source has no signing_key, so gateway.identityKeyFile names identity.pem',
      'Make it with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out identity.pem',
    );
  options.raw('signing_key');
  return 'identity.pem';
}

/** Converts what a route tells its application about the user. */
export function importRouteIdentity(
  options: Options,
  defaults: IdentityDefaults,
  report: ImportReport,
): Record<string, unknown> {
  const passes =
    options.isSet('pass_identity_headers') || options.raw('pass_identity_headers') === false
      ? options.flag('pass_identity_headers')
      : defaults.passIdentity;
  const own = options.texts('jwt_groups_filter');
  const format = options.text('jwt_issuer_format');
  if (!passes) return {};
  if (format !== undefined && format.toLowerCase() !== 'hostonly')
    report.notCarried(
      options.at('jwt_issuer_format'),
      'has no counterpart: the issuer of the assertion is the host of the route',
      'Change the issuer that the application expects.',
    );
  // Pomerium's filters add up.
  const groups =
    own.length === 0 && defaults.groups === undefined ? undefined : [...new Set([...(defaults.groups ?? []), ...own])];
  return {
    identity: {
      pomeriumJwt: true,
      ...(Object.keys(defaults.headers).length === 0 ? {} : { headers: defaults.headers }),
      ...(groups === undefined ? {} : { groups }),
    },
  };
}
