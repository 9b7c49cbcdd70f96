import * as z from 'zod/mini';
import { agentScopeSchema } from './agent-scope.ts';
import { identitySchema } from './identity.ts';

/**
 * What a session is. `cli` and `browser` are logins of a person. `agent` and `route` are child sessions of such a login.
 * `workload` and `service-account` are programs with an identity of their own.
 */
export const sessionKinds = ['cli', 'browser', 'workload', 'service-account', 'agent', 'route'] as const;
export const sessionKindSchema = z.enum(sessionKinds);
export type SessionKind = z.infer<typeof sessionKindSchema>;
/** The kinds of session that a person gets by logging in. */
export type LoginKind = Extract<SessionKind, 'cli' | 'browser'>;

/** A live session. Times are milliseconds since the epoch. The token itself is never stored: its SHA-256 is the key. */
export const sessionSchema = z.object({
  /** The store writes 2 for all kinds but logins, so that versions of the gateway that know only logins refuse them. */
  version: z.union([z.literal(1), z.literal(2)]),
  id: z.string().check(z.minLength(1)),
  kind: sessionKindSchema,
  identity: identitySchema,
  createdAt: z.number(),
  /** The absolute end, even if the session is in use. */
  expiresAt: z.number(),
  /** The session ends this many milliseconds after its last use. */
  idleMs: z.number().check(z.positive()),
  clientAddress: z.optional(z.string()),
  userAgent: z.optional(z.string()),
  /** For a login that was approved in a browser elsewhere: the address and user agent of that browser. */
  approvedFrom: z.optional(z.object({ clientAddress: z.optional(z.string()), userAgent: z.optional(z.string()) })),
  /** The identity provider's own session with the user (`sid` of the id_token). A back-channel logout refers to it. */
  sid: z.optional(z.string()),
  /**
   * The parent session: its id, and the hash of its token. This session is live only while that one is,
   * and has its identity.
   */
  parent: z.optional(z.object({ id: z.string().check(z.minLength(1)), hash: z.string().check(z.minLength(1)) })),
  /** What an agent is called, and what it may do at most. */
  agent: z.optional(z.object({ name: z.string(), scope: agentScopeSchema })),
  /** What a service account is called, who made it, and when it was last used, to within ten minutes. */
  serviceAccount: z.optional(
    z.object({
      name: z.string(),
      maker: z.object({ issuer: z.string(), subject: z.string(), user: z.string(), email: z.optional(z.string()) }),
      lastUsedAt: z.optional(z.number()),
    }),
  ),
  /** For the session of a web application: the host of its route. It is good nowhere else. */
  route: z.optional(z.string()),
});
export type Session = z.infer<typeof sessionSchema>;

/** Reports whether a session is the login of a person, and not one of a program. */
export function isLogin<Of extends { kind: SessionKind }>(session: Of): session is Of & { kind: LoginKind } {
  return session.kind === 'cli' || session.kind === 'browser';
}

/**
 * Why a session ended early. `refused`: the identity provider rejected the refresh. `changed`: with their new claims
 * the user could not log in. `provider-away`: the provider could not be reached for too long. `provider-logout`: the
 * user logged out at the provider. `limit`: the user has too many sessions. `parent-ended`: its parent
 * session has ended.
 */
export const endReasons = [
  'logout',
  'revoked',
  'refused',
  'changed',
  'provider-away',
  'provider-logout',
  'limit',
  'deactivated',
  'parent-ended',
] as const;
export type EndReason = (typeof endReasons)[number];

/** What remains of a session that was ended early. It is kept for as long as the session could have lasted. */
export const tombstoneSchema = z.object({
  id: z.string(),
  revokedAt: z.number(),
  by: z.string(),
  reason: z.enum(endReasons),
});
export type Tombstone = z.infer<typeof tombstoneSchema>;

/** What the name of every service account begins with as a user. No person can log in with such a name. */
export const serviceAccountPrefix = 'service-account:';

const prefix = 'workload/';

/** Returns the provider in the identity of a workload, which has no identity provider. */
export const workloadProvider = (name: string): string => `${prefix}${name}`;

/** Returns the name of the workload whose session it is, or undefined for sessions of others. */
export function workloadNameOf({ kind, provider }: { kind: SessionKind; provider: string }): string | undefined {
  return kind === 'workload' && provider.startsWith(prefix) ? provider.slice(prefix.length) : undefined;
}
