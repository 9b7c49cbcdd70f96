import * as z from 'zod/mini';
import { listenSchema, urlSchema } from './address.ts';
import { durationSchema } from './duration.ts';
import { namesManyRedis, readRedisUrl } from './redis-url.ts';

const sealingKeySchema = z
  .strictObject({
    id: z
      .string()
      .check(
        z.regex(/^[A-Za-z0-9_-]{1,64}$/, 'not a key name; use letters, digits, hyphens and underscores, 64 at most'),
      ),
    key: z.optional(
      z
        .string()
        .check(z.regex(/^[A-Za-z0-9+/_-]{43}=?$/, 'not 32 bytes in base64; make them with: openssl rand -base64 32')),
    ),
    keyFile: z.optional(z.string().check(z.minLength(1))),
  })
  .check(z.refine((one) => (one.key === undefined) !== (one.keyFile === undefined), 'needs either key or keyFile'));

const common = {
  lifetime: z.prefault(durationSchema, '12h'),
  idle: z.prefault(durationSchema, '2h'),
  /** Encrypts the refresh tokens of providers with the first of these keys; all of them decrypt. */
  encryption: z.optional(
    z.strictObject({
      keys: z.array(sealingKeySchema).check(
        z.minLength(1),
        z.refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'two keys have the same id'),
      ),
    }),
  ),
  /** How many sessions one user may have at the same time. */
  perUser: z.optional(z.int().check(z.positive())),
  onLimit: z._default(z.enum(['endOldest', 'refuse']), 'endOldest'),
};

const redisSessionsSchema = z.pipe(
  z.strictObject({
    redis: z
      .string()
      .check(
        z.regex(
          /^rediss?(?:-sentinel|-cluster)?:\/\//,
          'not a Redis URL; write it like redis://redis:6379/0, redis-sentinel://one:26379,two:26379/0#mymaster or redis-cluster://one:6379,two:6379',
        ),
      ),
    /** More nodes of a Redis cluster, or the Sentinels if `sentinel` names the master. */
    nodes: z.optional(z.array(z.string().check(z.regex(/^[^\s/]+:\d+$/)))),
    mode: z.optional(z.enum(['single', 'cluster', 'sentinel'])),
    sentinel: z.optional(z.string()),
    caFile: z.optional(z.string()),
    /** How many replicas must have a step of an elevation before it is acknowledged, and how long they may take. */
    waitForReplicas: z.optional(
      z.strictObject({
        count: z._default(z.int().check(z.minimum(1), z.maximum(10)), 1),
        timeout: z.pipe(
          z.prefault(durationSchema, '500ms'),
          z.number().check(z.minimum(10, 'must be at least 10ms'), z.maximum(1500, 'must be 1500ms at most')),
        ),
      }),
    ),
    ...common,
  }),
  // The defaults come last, because a setting that is written together with a URL of several servers is a fault.
  z.transform(({ nodes, mode, sentinel, ...sessions }, context) => {
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
      context.issues.push({ code: 'custom', path: [key], message, input: sessions });
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
  }),
);

/**
 * Where sessions are stored. `redis` takes a redis:// or rediss:// URL; `nodes` has the other nodes or the Sentinels. A
 * URL such as redis-sentinel:// names all of them.
 */
export const sessionsSchema = z.prefault(
  z.union([z.strictObject({ memory: z.literal(true), ...common }), redisSessionsSchema]),
  { memory: true },
);
export type SessionsConfig = z.infer<typeof sessionsSchema>;

export const loginSchema = z.prefault(
  z.strictObject({
    /**
     * Whether users may log in with a browser on another machine: with a code that they approve there (RFC 8628), or
     * with one that they paste into the terminal.
     */
    device: z._default(z.boolean(), true),
    paste: z._default(z.boolean(), true),
    /** Whether Pomerium's clients may log in. Their protocol sends the token in a URL on loopback. */
    pomerium: z._default(z.boolean(), true),
    /** Redirect URIs allowed in addition to any port on 127.0.0.1 and [::1]; exact match. */
    redirects: z._default(z.array(urlSchema), []),
    /** The URL of the login pages in browsers, if it is not that of the gateway. */
    url: z.optional(urlSchema),
    /** A plain HTTP listener for those pages; loopback only. */
    listen: z.optional(
      listenSchema.check(
        z.refine(
          (at) => ['127.0.0.1', '::1', 'localhost'].includes(at.host),
          'must be a loopback address: these pages are plain http',
        ),
      ),
    ),
  }),
  {},
);
