import { z } from 'zod';
import { listenSchema, urlSchema } from './address.ts';
import { durationSchema } from './duration.ts';
import { namesManyRedis, readRedisUrl } from './redis-url.ts';

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

const redisSessionsSchema = z
  .strictObject({
    redis: z
      .string()
      .regex(
        /^rediss?(?:-sentinel|-cluster)?:\/\//,
        'not a Redis URL; write it like redis://redis:6379/0, redis-sentinel://one:26379,two:26379/0#mymaster or redis-cluster://one:6379,two:6379',
      ),
    /** More nodes of a Redis cluster, or the Sentinels if `sentinel` names the master. */
    nodes: z.array(z.string().regex(/^[^\s/]+:\d+$/)).optional(),
    mode: z.enum(['single', 'cluster', 'sentinel']).optional(),
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
  })
  // The defaults come last, because a setting that is written together with a URL of several servers is a fault.
  .transform(({ nodes, mode, sentinel, ...sessions }, context) => {
    const { redis } = sessions;
    if (!namesManyRedis(redis))
      return {
        ...sessions,
        nodes: nodes ?? [],
        mode: mode ?? 'single',
        ...(sentinel === undefined ? {} : { sentinel }),
      };
    // One fault at a time: with more, the other form of the section would seem to be the intended one.
    const refuse = (key: string, message: string) => {
      context.addIssue({ code: 'custom', path: [key], message });
      return z.NEVER;
    };
    const given = Object.entries({ nodes, mode, sentinel }).flatMap(([key, value]) => (value === undefined ? [] : key));
    if (given[0] !== undefined)
      return refuse(
        given[0],
        `cannot be combined with a URL that names several servers; remove ${given.join(', ')}, or write redis as redis:// or rediss://`,
      );
    const place = readRedisUrl(redis);
    return typeof place === 'string' ? refuse('redis', place) : { ...sessions, ...place };
  });

/**
 * Where sessions are stored. `redis` takes a redis:// or rediss:// URL; `nodes` has the other nodes or the Sentinels. A
 * URL such as redis-sentinel:// names all of them.
 */
export const sessionsSchema = z
  .union([z.strictObject({ memory: z.literal(true), ...common }), redisSessionsSchema])
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
