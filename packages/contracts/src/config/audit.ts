import * as z from 'zod/mini';
import { durationSchema, sizeSchema } from './duration.ts';
import { kafkaSchema } from './kafka.ts';

const loopback = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])([:/]|$)/;

/** Where a copy of each checkpoint is kept, out of reach of whoever can change the trail. */
const anchorSchema = z.union([
  z.strictObject({ file: z.string() }),
  z.strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .check(
        z.refine(
          (url) => url.startsWith('https:') || loopback.test(url),
          'must begin with https, except on this machine',
        ),
      ),
    tokenFile: z.optional(z.string()),
  }),
]);
export type AnchorConfig = z.infer<typeof anchorSchema>;

const checkpointsSchema = z.strictObject({
  /** The Ed25519 private key that signs them, in PEM. It is used for nothing else. */
  keyFile: z.string(),
  /** Public keys that signed earlier ones. */
  retiredKeys: z._default(z.array(z.string()), []),
  everyEvents: z._default(z.int().check(z.positive()), 10_000),
  every: z.prefault(durationSchema, '1m'),
  anchor: z.optional(anchorSchema),
});
export type CheckpointsConfig = z.infer<typeof checkpointsSchema>;

const unavailable = z.enum(['refuse', 'spool']);

/** Returns a schema for a moment: a time in RFC 3339, or a day, which begins at midnight UTC. */
const momentSchema = z.pipe(
  z.union(
    [z.iso.datetime({ offset: true }), z.iso.date()],
    'not a time; write it like 2026-11-01 or 2026-11-01T08:00:00Z',
  ),
  z.transform((text) => Date.parse(text)),
);

/** Times in milliseconds since the epoch. */
const legalHoldSchema = z
  .strictObject({
    name: z
      .string()
      .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$/, 'not a name of 1 to 100 letters, digits, spaces, or . _ -')),
    from: momentSchema,
    until: z.optional(momentSchema),
    reason: z.optional(z.string().check(z.maxLength(500))),
  })
  .check(
    z.refine(({ from, until }) => until === undefined || from < until, {
      path: ['until'],
      message: 'is not after from',
    }),
  );

/** Where audit events are published and searched, and what happens while they cannot be written. */
export const auditSectionSchema = z.prefault(
  z.strictObject({
    kafka: z.prefault(z.union([z.strictObject({ memory: z.literal(true) }), kafkaSchema]), { memory: true }),
    store: z.optional(
      z.union([
        z.strictObject({ postgres: z.string().check(z.regex(/^postgres(ql)?:\/\//)) }),
        z.strictObject({ embedded: z.string() }),
      ]),
    ),
    /** How many events of users and services the embedded store keeps. The oldest are deleted first. */
    keep: z._default(z.int().check(z.positive()), 100_000),
    /** How many events of anonymous callers either store keeps in addition. The oldest are deleted first. */
    keepAnonymous: z._default(z.int().check(z.positive()), 10_000),
    retention: z.prefault(durationSchema, '90d'),
    /** Times whose events are kept although `retention` has passed. */
    legalHolds: z._default(
      z
        .array(legalHoldSchema)
        .check(
          z.refine(
            (holds) => new Set(holds.map(({ name }) => name)).size === holds.length,
            'two holds have the same name',
          ),
        ),
      [],
    ),
    spool: z.optional(z.strictObject({ dir: z.string(), maxBytes: z.prefault(sizeSchema, '1GiB') })),
    whenUnavailable: z.prefault(
      z.strictObject({
        write: z._default(unavailable, 'refuse'),
        exec: z._default(unavailable, 'refuse'),
        secretRead: z._default(unavailable, 'refuse'),
        read: z._default(unavailable, 'spool'),
      }),
      {},
    ),
    /** Stages that have no event, for reads that no event holds up. */
    omitStages: z._default(z.array(z.literal('RequestReceived')).check(z.maxLength(1)), []),
    execCommand: z._default(z.enum(['clear', 'hashed']), 'clear'),
    /** Signed checkpoints of the trail. Without them, nothing shows that the end of a trail is missing. */
    checkpoints: z.optional(checkpointsSchema),
  }),
  {},
);
export type AuditConfig = z.infer<typeof auditSectionSchema>;
