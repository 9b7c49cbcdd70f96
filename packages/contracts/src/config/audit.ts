import { z } from 'zod';
import { durationSchema, sizeSchema } from './duration.ts';
import { kafkaSchema } from './kafka.ts';

const loopback = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])([:/]|$)/;

/** Where a copy of each checkpoint is kept, out of reach of whoever can change the trail. */
const anchorSchema = z.union([
  z.strictObject({ file: z.string() }),
  z.strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .refine((url) => url.startsWith('https:') || loopback.test(url), 'must begin with https, except on this machine'),
    tokenFile: z.string().optional(),
  }),
]);
export type AnchorConfig = z.infer<typeof anchorSchema>;

const checkpointsSchema = z.strictObject({
  /** The Ed25519 private key that signs them, in PEM. It is used for nothing else. */
  keyFile: z.string(),
  /** Public keys that signed earlier ones. */
  retiredKeys: z.array(z.string()).default([]),
  everyEvents: z.number().int().positive().default(10_000),
  every: durationSchema.prefault('1m'),
  anchor: anchorSchema.optional(),
});
export type CheckpointsConfig = z.infer<typeof checkpointsSchema>;

const unavailable = z.enum(['refuse', 'spool']);

/** Returns a schema for a moment: a time in RFC 3339, or a day, which begins at midnight UTC. */
const momentSchema = z
  .union(
    [z.iso.datetime({ offset: true }), z.iso.date()],
    'not a time; write it like 2026-11-01 or 2026-11-01T08:00:00Z',
  )
  .transform((text) => Date.parse(text));

/** Times in milliseconds since the epoch. */
const legalHoldSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$/, 'not a name of 1 to 100 letters, digits, spaces, or . _ -'),
    from: momentSchema,
    until: momentSchema.optional(),
    reason: z.string().max(500).optional(),
  })
  .refine(({ from, until }) => until === undefined || from < until, { path: ['until'], message: 'is not after from' });

/** Where audit events are published and searched, and what happens while they cannot be written. */
export const auditSectionSchema = z
  .strictObject({
    kafka: z.union([z.strictObject({ memory: z.literal(true) }), kafkaSchema]).prefault({ memory: true }),
    store: z
      .union([
        z.strictObject({ postgres: z.string().regex(/^postgres(ql)?:\/\//) }),
        z.strictObject({ embedded: z.string() }),
      ])
      .optional(),
    /** How many events of users and services the embedded store keeps. The oldest are deleted first. */
    keep: z.number().int().positive().default(100_000),
    /** How many events of anonymous callers either store keeps in addition. The oldest are deleted first. */
    keepAnonymous: z.number().int().positive().default(10_000),
    retention: durationSchema.prefault('90d'),
    /** Times whose events are kept although `retention` has passed. */
    legalHolds: z
      .array(legalHoldSchema)
      .refine((holds) => new Set(holds.map(({ name }) => name)).size === holds.length, 'two holds have the same name')
      .default([]),
    spool: z.strictObject({ dir: z.string(), maxBytes: sizeSchema.prefault('1GiB') }).optional(),
    whenUnavailable: z
      .strictObject({
        write: unavailable.default('refuse'),
        exec: unavailable.default('refuse'),
        secretRead: unavailable.default('refuse'),
        read: unavailable.default('spool'),
      })
      .prefault({}),
    /** Stages that have no event, for reads that no event holds up. */
    omitStages: z.array(z.literal('RequestReceived')).max(1).default([]),
    execCommand: z.enum(['clear', 'hashed']).default('clear'),
    /** Signed checkpoints of the trail. Without them, nothing shows that the end of a trail is missing. */
    checkpoints: checkpointsSchema.optional(),
  })
  .prefault({});
export type AuditConfig = z.infer<typeof auditSectionSchema>;
