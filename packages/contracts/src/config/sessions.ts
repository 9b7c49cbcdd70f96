import { z } from 'zod';
import { listenSchema, urlSchema } from './address.ts';
import { durationSchema } from './duration.ts';

const sealingKeySchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, "not a key's name; use letters, digits, hyphens and underscores, 64 at most"),
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
  /** What providers gave for sessions is kept sealed with the first of these keys; all of them open it. */
  encryption: z
    .strictObject({
      keys: z
        .array(sealingKeySchema)
        .min(1)
        .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'two keys have the same id'),
    })
    .optional(),
  /** At most so many sessions of one person at a time. */
  perUser: z.number().int().positive().optional(),
  onLimit: z.enum(['endOldest', 'refuse']).default('endOldest'),
};

/** Where sessions live. `redis` takes redis://, rediss:// and, for a cluster or Sentinel, a list of such URLs. */
export const sessionsSchema = z
  .union([
    z.strictObject({ memory: z.literal(true), ...common }),
    z.strictObject({
      redis: z.string().regex(/^rediss?:\/\//, 'not a Redis URL; write it like redis://redis:6379/0'),
      /** Further nodes of a Redis cluster, or Sentinels when `sentinel` names the master. */
      nodes: z.array(z.string().regex(/^[^\s/]+:\d+$/)).default([]),
      mode: z.enum(['single', 'cluster', 'sentinel']).default('single'),
      sentinel: z.string().optional(),
      caFile: z.string().optional(),
      ...common,
    }),
  ])
  .prefault({ memory: true });
export type SessionsConfig = z.infer<typeof sessionsSchema>;

export const loginSchema = z
  .strictObject({
    /**
     * Whether people may log in on another machine: by a code that they approve there (RFC 8628), or by one that they
     * carry back.
     */
    device: z.boolean().default(true),
    paste: z.boolean().default(true),
    /** Whether Pomerium's clients may log in; their protocol hands the token over in an address on loopback. */
    pomerium: z.boolean().default(true),
    /** Redirect URIs allowed besides any port on 127.0.0.1 and [::1]; exact match. */
    redirects: z.array(urlSchema).default([]),
    /** Where browsers see the login pages, when that is not the gateway itself. */
    url: urlSchema.optional(),
    /** A plain-http listener for those pages; loopback only. */
    listen: listenSchema
      .refine(
        (at) => ['127.0.0.1', '::1', 'localhost'].includes(at.host),
        'must be a loopback address: these pages are plain http',
      )
      .optional(),
  })
  .prefault({});
