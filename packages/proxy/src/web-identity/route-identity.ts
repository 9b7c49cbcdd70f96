import {
  compileGlob,
  identityFields,
  plainHeaderName,
  type CheckAnswer,
  type RouteIdentityConfig,
} from '@sallyport/contracts';
import { createExpiringCache } from '@sallyport/kit';
import { applicationTokenMs, type ApplicationTokens } from './application-token.ts';
import { assertionClaims, assertionMs, pomeriumClaims, type AssertionAbout } from './assertion-claims.ts';
import type { IdentityKeyRing } from './identity-key-ring.ts';
import { signJws } from './identity-keys.ts';

/**
 * Reports whether servers of every kind read the text as it is. They read other bytes than ASCII in different ways, and
 * trim blanks at the ends.
 */
const isPlain = (text: string) => /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text);

/** Returns the value of a header; undefined if the identity has none, or none that a header can carry unchanged. */
function valueOf(
  field: (typeof identityFields)[number],
  identity: NonNullable<CheckAnswer['identity']>,
  groups: readonly string[],
): string | undefined {
  if (field !== 'groups') {
    const text = identity[field];
    return text !== undefined && isPlain(text) ? text : undefined;
  }
  // All or none: the application could not tell that a list is not complete.
  return groups.length > 0 && groups.every((group) => isPlain(group) && !group.includes(','))
    ? groups.join(',')
    : undefined;
}

/** Returns the lines of the headers that a route has configured (name, value, ...). */
function plainHeaderLines(
  headers: RouteIdentityConfig['headers'],
  identity: NonNullable<CheckAnswer['identity']>,
  groups: readonly string[],
): string[] {
  const lines: string[] = [];
  for (const field of identityFields) {
    const name = headers[field];
    if (name == null) continue;
    const value = valueOf(field, identity, groups);
    if (value !== undefined) lines.push(name, value);
  }
  return lines;
}

type Identity = NonNullable<CheckAnswer['identity']>;

/** Who sends a request: what authorize answered, and the hash of the token that was asked about. */
export type RouteCaller = {
  identity: Identity;
  session: { id: string; expiresAt: number };
  tokenHash: string;
};

/** What one route tells its application about the person. */
export type RouteIdentity = {
  /**
   * Reports whether the route uses a request header, by its plain name. It must then not come from the client, whether or
   * not this identity has a value for it.
   */
  isIdentityName(plain: string): boolean;
  /** Returns the header lines (name, value, ...) that tell the application who sends the request. */
  linesFor(caller: RouteCaller): readonly string[];
};

/** A route as this part needs it. `from` is the origin that browsers use. */
export type IdentifiedRoute = { from: string; identity: RouteIdentityConfig };

export type RouteIdentityDeps = {
  /** Undefined without `gateway.identityKeyFile`. Then no route can ask for anything signed. */
  signed: { keys: IdentityKeyRing; tokens: ApplicationTokens } | undefined;
  gatewayOrigin: string;
  /** The provider, if there is only one. */
  provider: string | undefined;
  now: () => number;
};

type Remembered = { owner: RouteIdentity; identity: Identity; lines: readonly string[] };

/** About 64 MiB of header lines at most. */
const maxRemembered = 64 * 1024 * 1024;

const sameGroups = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((group, index) => group === b[index]);

/** Compares what an application can learn. */
const sameIdentity = (a: Identity, b: Identity) =>
  a.user === b.user &&
  a.email === b.email &&
  a.name === b.name &&
  a.issuer === b.issuer &&
  a.subject === b.subject &&
  a.provider === b.provider &&
  sameGroups(a.groups, b.groups);

/** What a route signs for a caller, and for how long that may be reused, in milliseconds. */
function signedLines(
  { from, identity: settings }: IdentifiedRoute,
  caller: RouteCaller,
  groups: readonly string[],
  deps: RouteIdentityDeps,
) {
  const { jwt, pomeriumJwt, kubernetes } = settings;
  const issuedAt = deps.now();
  const ends = (ms: number) => Math.min(issuedAt + ms, caller.session.expiresAt);
  const reuseMs = Math.floor((ends(assertionMs) - issuedAt) / 2);
  if (!jwt && !pomeriumJwt && kubernetes == null) return { lines: [], reuseMs };
  // `config check` refuses such a route. This check does not rely on it.
  if (!deps.signed) throw new Error(`the route ${from} needs gateway.identityKeyFile`);
  const { keys, tokens } = deps.signed;
  const about: AssertionAbout = {
    identity: caller.identity,
    groups,
    sessionId: caller.session.id,
    issuedAt,
    expiresAt: ends(assertionMs),
  };
  const lines: string[] = [];
  if (jwt)
    lines.push(
      'X-Sallyport-Jwt-Assertion',
      signJws(keys.signing(), 'JWT', assertionClaims(about, { gateway: deps.gatewayOrigin, route: from })),
    );
  if (pomeriumJwt)
    lines.push(
      'X-Pomerium-Jwt-Assertion',
      signJws(keys.signing(), 'JWT', pomeriumClaims(about, { route: from, provider: deps.provider })),
    );
  if (kubernetes != null)
    lines.push(
      'Authorization',
      `Bearer ${tokens.issue({ tokenHash: caller.tokenHash, route: from }, ends(applicationTokenMs))}`,
    );
  return { lines, reuseMs };
}

/**
 * Creates the function that returns what a route tells its application. The lines of a caller are made once, and used
 * until an assertion in them is half-way to its end, or the identity changes: a request then costs a lookup instead of
 * signatures.
 */
export function createRouteIdentities(deps: RouteIdentityDeps): (route: IdentifiedRoute) => RouteIdentity {
  const remembered = createExpiringCache<Remembered>({
    max: 50_000,
    clock: deps.now,
    size: { max: maxRemembered, of: ({ lines }) => lines.reduce((sum, line) => sum + line.length, 1000) },
  });
  return (route) => {
    const { headers, groups: patterns, kubernetes } = route.identity;
    const globs = patterns.map(compileGlob);
    const names = new Set(identityFields.flatMap((field) => headers[field] ?? []).map(plainHeaderName));
    if (kubernetes != null) names.add('authorization');
    const own: RouteIdentity = {
      isIdentityName: (plain) => names.has(plain),
      linesFor(caller) {
        const key = `${route.from} ${caller.tokenHash}`;
        const known = remembered.get(key);
        if (known?.owner === own && sameIdentity(known.identity, caller.identity)) return known.lines;
        const groups = caller.identity.groups.filter((group) => globs.some((matches) => matches(group)));
        const signed = signedLines(route, caller, groups, deps);
        const lines = [...plainHeaderLines(headers, caller.identity, groups), ...signed.lines];
        remembered.set(key, { owner: own, identity: caller.identity, lines }, Math.max(1, signed.reuseMs));
        return lines;
      },
    };
    return own;
  };
}
