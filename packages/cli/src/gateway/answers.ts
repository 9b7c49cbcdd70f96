import * as z from 'zod/mini';
import { CliError } from '../terminal/cli-error.ts';

// zod/mini, because the full zod would take half of the start time that this program may have.

/** A time: milliseconds since the epoch, or RFC 3339. Parsed to milliseconds. */
const time = z.pipe(
  z.union([z.number(), z.string()]),
  z.transform((value: number | string, context) => {
    const ms = typeof value === 'number' ? value : Date.parse(value);
    if (Number.isFinite(ms) && ms >= 0 && ms <= 8.64e15) return Math.floor(ms);
    context.issues.push({ code: 'custom', message: 'not a time', input: value });
    return z.NEVER;
  }),
);

// RFC 6750 section 2.1: the characters of a token in an Authorization header. None needs escaping in JSON or a shell.
const token = z.string().check(z.regex(/^[A-Za-z0-9._~+/-]{16,4096}=*$/));
const nullable = z.optional(z.nullable(z.string()));
const identity = z.object({ user: z.string(), email: nullable, groups: z._default(z.array(z.string()), []) });

/** `GET /.sallyport/login`, as JSON. */
export const signInSchema = z.object({ signInUrl: z.string() });

/** `POST /.sallyport/token`. */
export const tokenSchema = z.object({
  access_token: token,
  session: z.object({ id: z.string(), expiresAt: time, idleMs: z.number().check(z.positive()) }),
  identity,
});
export type TokenAnswer = z.infer<typeof tokenSchema>;

/**
 * `POST /.sallyport/api/v1/device/code` (RFC 8628, 3.2). The interval is bounded, so that an answer can make this
 * program neither poll too fast nor sleep forever.
 */
export const deviceCodesSchema = z.object({
  device_code: token,
  user_code: z.string().check(z.regex(/^[A-Z0-9-]{4,32}$/)),
  verification_uri: z.string(),
  verification_uri_complete: nullable,
  expires_in: z.number().check(z.positive(), z.maximum(3600)),
  interval: z._default(z.number().check(z.minimum(1), z.maximum(60)), 5),
});
export type DeviceCodes = z.infer<typeof deviceCodesSchema>;

/** `GET /.sallyport/me`. */
export const meSchema = z.object({
  user: z.string(),
  email: nullable,
  name: nullable,
  groups: z._default(z.array(z.string()), []),
  provider: nullable,
  providerName: nullable,
  session: z.object({
    id: z.string(),
    kind: nullable,
    createdAt: z.optional(time),
    expiresAt: time,
    idleEndsAt: z.optional(time),
  }),
});

/** `GET /.sallyport/me`, for `sallyport version`. Older gateways do not say their version. */
export const gatewayVersionSchema = z.object({ gatewayVersion: nullable });

/** `GET /.sallyport/api/v1/clusters`. The name becomes part of a kubeconfig, so its format is checked. */
export const clustersSchema = z.object({
  clusters: z.array(
    z.object({
      name: z.string().check(z.regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)),
      url: z.string(),
      host: nullable,
    }),
  ),
});
export type Cluster = z.infer<typeof clustersSchema>['clusters'][number];

/** `GET /.sallyport/api/v1/sessions`. */
export const sessionsSchema = z.object({
  sessions: z.array(
    z.looseObject({
      id: z.string(),
      kind: nullable,
      user: nullable,
      identity: z.optional(z.looseObject({ user: nullable })),
      createdAt: z.optional(time),
      expiresAt: z.optional(time),
      idleEndsAt: z.optional(time),
      provider: nullable,
      clientAddress: nullable,
      userAgent: nullable,
      current: z.optional(z.boolean()),
    }),
  ),
  /** Whether the caller may list the sessions of all users. */
  maySeeAll: z.optional(z.boolean()),
});
export type SessionRow = z.infer<typeof sessionsSchema>['sessions'][number];

/** `DELETE /.sallyport/api/v1/sessions`: the number of sessions that were revoked, and whether that is recorded yet. */
export const revokedSchema = z.object({
  revoked: z.number(),
  serviceAccountsLeft: z.optional(z.number()),
  recorded: z.optional(z.boolean()),
});

/**
 * `GET /.sallyport/api/v1/streams`. `missing` names the gateways that did not answer. `omitted` counts the streams that
 * did not fit into the list.
 */
export const streamsSchema = z.object({
  streams: z.array(
    z.looseObject({
      id: z.string(),
      kind: z.string(),
      proxy: z.string(),
      cluster: z.string(),
      verb: z.string(),
      user: z.string(),
      sessionId: z.string(),
      clientAddress: z.string(),
      auditId: z.string(),
      namespace: z.string(),
      resource: z.string(),
      name: z.string(),
      subresource: z.string(),
      path: z.string(),
      container: z.optional(z.string()),
      ports: z.optional(z.array(z.number())),
      since: time,
      bytesIn: z.number(),
      bytesOut: z.number(),
      end: z.optional(time),
      reason: z.optional(z.string()),
      detail: z.optional(z.string()),
      exitCode: z.optional(z.number()),
    }),
  ),
  missing: z.array(z.string()),
  omitted: z.number(),
});
export type StreamsAnswer = z.infer<typeof streamsSchema>;
export type StreamRow = StreamsAnswer['streams'][number];

/** `POST /.sallyport/api/v1/policy/can-i`: one answer per question, in the same order. */
export const canISchema = z.object({ policyVersion: z.string(), allowed: z.array(z.boolean()) });
export type CanIAnswer = z.infer<typeof canISchema>;

const fault = z.object({
  path: z.string(),
  message: z.string(),
  hint: z.optional(z.string()),
  code: z.optional(z.string()),
  suggestion: z.optional(z.string()),
  file: z.optional(z.string()),
  line: z.optional(z.number()),
  column: z.optional(z.number()),
});

const onCallList = z.object({
  name: z.string(),
  known: z.boolean(),
  users: z.number(),
  at: z.optional(time),
  failing: z.optional(z.object({ at: time, reason: z.string() })),
});

/** `GET /.sallyport/api/v1/policy/status`. */
export const policyStatusSchema = z.object({
  replicas: z.array(
    z.object({
      service: z.string(),
      id: z.string(),
      host: z.string(),
      version: z.string(),
      since: time,
      startedAt: time,
      rejected: z.optional(z.object({ at: time, faults: z.array(fault) })),
      waiting: z.optional(z.object({ at: time, version: z.string(), reason: z.string() })),
      warnings: z._default(z.array(fault), []),
      onCall: z.optional(z.array(onCallList)),
      restartNeeded: z._default(z.array(z.string()), []),
    }),
  ),
});
export type ReplicaRow = z.infer<typeof policyStatusSchema>['replicas'][number];

/** An event. It is only displayed, so the schema names only what the table needs. */
export const auditRowSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  time: z.string(),
  data: z.looseObject({}),
  /** How a request ended. Older gateways do not say. */
  result: nullable,
  /** The Audit-ID of the attempt that the client repeated by this request. */
  retryOf: nullable,
});

/** What a user may see who may see the trail of some clusters. */
export const auditViewSchema = z.object({ clusters: z.array(z.string()), withoutCluster: z.boolean() });

/** `GET /.sallyport/api/v1/audit`. */
export const auditPageSchema = z.object({
  events: z.array(auditRowSchema),
  next: nullable,
  latest: nullable,
  /** `own`: the caller may read only their own events. `clusters`: those that `view` names in addition. */
  scope: nullable,
  view: z.optional(auditViewSchema),
});
export type AuditPage = z.infer<typeof auditPageSchema>;
export type AuditRow = AuditPage['events'][number];

/** The first and the last line of `GET /.sallyport/api/v1/audit/export`. */
export const exportNoteSchema = z.object({
  export: z.object({
    complete: z.optional(z.boolean()),
    filtered: z.optional(z.boolean()),
    events: z.optional(z.number()),
    aggregated: z.optional(z.number()),
    scope: z.optional(z.string()),
    view: z.optional(auditViewSchema),
  }),
});
export type ExportNote = z.infer<typeof exportNoteSchema>['export'];

/** `GET /.sallyport/api/v1/audit/keys`: a JWKS. */
export const auditKeysSchema = z.object({
  keys: z.array(
    z.object({ kty: z.string(), crv: z.string(), x: z.string(), kid: z.string(), alg: z.string(), use: z.string() }),
  ),
});

/** Parses an answer. If that fails, the server is not a Sallyport gateway, or has another version. */
export function readAnswer<T>(schema: z.ZodMiniType<T>, body: unknown, what: string): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new CliError(
    'unreachable',
    `the gateway's answer for ${what} has an unexpected format${where === '' ? '' : ` (at ${where})`}`,
    'Check that this is the address of a Sallyport gateway, and that this program has the same version.',
  );
}
