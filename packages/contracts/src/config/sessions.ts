import { z } from 'zod';
import { listenSchema, urlSchema } from './address.ts';
import { durationSchema } from './duration.ts';

const life = { lifetime: durationSchema.prefault('12h'), idle: durationSchema.prefault('2h') };

/** Where sessions live. `redis` takes redis://, rediss:// and, for a cluster or Sentinel, a list of such URLs. */
export const sessionsSchema = z.union([
  z.strictObject({ memory: z.literal(true), ...life }),
  z.strictObject({
    redis: z.string().regex(/^rediss?:\/\//, 'not a Redis URL; write it like redis://redis:6379/0'),
    /** Further nodes of a Redis cluster, or Sentinels when `sentinel` names the master. */
    nodes: z.array(z.string().regex(/^[^\s/]+:\d+$/)).default([]),
    mode: z.enum(['single', 'cluster', 'sentinel']).default('single'),
    sentinel: z.string().optional(),
    caFile: z.string().optional(),
    ...life,
  }),
]).prefault({ memory: true });
export type SessionsConfig = z.infer<typeof sessionsSchema>;

export const loginSchema = z.strictObject({
  /** Whether people may log in on another machine: by a code that they approve there (RFC 8628), or by one that they carry back. */
  device: z.boolean().default(true),
  paste: z.boolean().default(true),
  /** Whether Pomerium's clients may log in; their protocol hands the token over in an address on loopback. */
  pomerium: z.boolean().default(true),
  /** Redirect URIs allowed besides any port on 127.0.0.1 and [::1]; exact match. */
  redirects: z.array(urlSchema).default([]),
  /** Where browsers see the login pages, when that is not the gateway itself. */
  url: urlSchema.optional(),
  /** A plain-http listener for those pages; loopback only. */
  listen: listenSchema.refine((at) => ['127.0.0.1', '::1', 'localhost'].includes(at.host), 'must be a loopback address: these pages are plain http').optional(),
}).prefault({});
