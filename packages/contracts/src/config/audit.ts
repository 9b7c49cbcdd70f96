import { z } from 'zod';
import { durationSchema, sizeSchema } from './duration.ts';

const saslSchema = z.strictObject({
  mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
  username: z.string(),
  password: z.string(),
});

const kafkaSchema = z.strictObject({
  brokers: z.array(z.string().regex(/^[^\s/]+:\d+$/, 'not a broker; write it like kafka:9092')).min(1),
  topic: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,249}$/, 'not a topic name')
    .default('sallyport.audit.v1'),
  tls: z
    .union([
      z.boolean(),
      z.strictObject({
        caFile: z.string().optional(),
        certFile: z.string().optional(),
        keyFile: z.string().optional(),
      }),
    ])
    .nullish(),
  sasl: saslSchema.nullish(),
});

const unavailable = z.enum(['refuse', 'spool']);

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
    spool: z.strictObject({ dir: z.string(), maxBytes: sizeSchema.prefault('1GiB') }).optional(),
    whenUnavailable: z
      .strictObject({
        write: unavailable.default('refuse'),
        exec: unavailable.default('refuse'),
        secretRead: unavailable.default('refuse'),
        read: unavailable.default('spool'),
      })
      .prefault({}),
    execCommand: z.enum(['clear', 'hashed']).default('clear'),
  })
  .prefault({});
export type AuditConfig = z.infer<typeof auditSectionSchema>;
