import { z } from 'zod';
import { listenSchema, urlSchema } from './address.ts';
import { durationSchema } from './duration.ts';

const sealingKeySchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'not a key name; use letters, digits, hyphens and underscores, 64 at most'),
    key: z
      .string()
      .regex(/^[A-Za-z0-9+/_-]{43}=?$/, 'not 32 bytes in base64; make them with: openssl rand -base64 32')
      .optional(),
    keyFile: z.string().min(1).optional(),
  })
  .refine((one) => (one.key === undefined) !== (one.keyFile === undefined), 'needs either key or keyFile');

const common = {
  lifetime: durationSchema.prefault('12h'),
  idle: durationSchema.prefault('2h'),
  /** Encrypts the refresh tokens of providers with the first of these keys; all of them decrypt. */
  encryption: z
    .strictObject({
      keys: z
        .array(sealingKeySchema)
        .min(1)
        .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'two keys have the same id'),
    })
    .optional(),
  /** How many sessions one user may have at the same time. */
  perUser: z.number().int().positive().optional(),
  onLimit: z.enum(['endOldest', 'refuse']).default('endOldest'),
};

/**
 * Where sessions are stored. `redis` takes a redis:// or rediss:// URL; `nodes` has the other nodes or the Sentinels.
 */
export const sessionsSchema = z
  .union([
    z.strictObject({ memory: z.literal(true), ...common }),
    z.strictObject({
      redis: z.string().regex(/^rediss?:\/\//, 'not a Redis URL; write it like redis://redis:6379/0'),
      /** More nodes of a Redis cluster, or the Sentinels if `sentinel` names the master. */
      nodes: z.array(z.string().regex(/^[^\s/]+:\d+$/)).default([]),
      mode: z.enum(['single', 'cluster', 'sentinel']).default('single'),
      sentinel: z.string().optional(),
      caFile: z.string().optional(),
      /** How many replicas must have a step of an elevation before it is acknowledged, and how long they may take. */
      waitForReplicas: z
        .strictObject({
          count: z.number().int().min(1).max(10).default(1),
          timeout: durationSchema
            .prefault('500ms')
            .pipe(z.number().min(10, 'must be at least 10ms').max(1500, 'must be 1500ms at most')),
        })
        .optional(),
      ...common,
    }),
  ])
  .prefault({ memory: true });
export type SessionsConfig = z.infer<typeof sessionsSchema>;

export const loginSchema = z
  .strictObject({
    /**
     * Whether users may log in with a browser on another machine: with a code that they approve there (RFC 8628), or
     * with one that they paste into the terminal.
     */
    device: z.boolean().default(true),
    paste: z.boolean().default(true),
    /** Whether Pomerium's clients may log in. Their protocol sends the token in a URL on loopback. */
    pomerium: z.boolean().default(true),
    /** Redirect URIs allowed in addition to any port on 127.0.0.1 and [::1]; exact match. */
    redirects: z.array(urlSchema).default([]),
    /** The URL of the login pages in browsers, if it is not that of the gateway. */
    url: urlSchema.optional(),
    /** A plain HTTP listener for those pages; loopback only. */
    listen: listenSchema
      .refine(
        (at) => ['127.0.0.1', '::1', 'localhost'].includes(at.host),
        'must be a loopback address: these pages are plain http',
      )
      .optional(),
  })
  .prefault({});
