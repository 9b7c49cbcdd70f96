import * as z from 'zod/mini';
import { listenSchema, urlSchema } from './address.ts';
import { durationSchema } from './quantities.ts';
import { namesManyRedis, readRedisUrl } from './redis-url.ts';
import { about } from '../text/about.ts';

const sealingKeySchema = z
  .strictObject({
    id: about(
      'A name for the key. It is stored with what the key encrypted, so never reuse it for another key.',
      z
        .string()
        .check(
          z.regex(/^[A-Za-z0-9_-]{1,64}$/, 'not a key name; use letters, digits, hyphens and underscores, 64 at most'),
        ),
    ),
    key: about(
      'The key: 32 bytes in base64 (openssl rand -base64 32). Write ${env:NAME} or ${file:/path}.',
      z.optional(
        z
          .string()
          .check(z.regex(/^[A-Za-z0-9+/_-]{43}=?$/, 'not 32 bytes in base64; make them with: openssl rand -base64 32')),
      ),
    ),
    keyFile: about(
      'A file with the key in base64. Only authenticate needs to read it.',
      z.optional(z.string().check(z.minLength(1))),
    ),
  })
  .check(z.refine((one) => (one.key === undefined) !== (one.keyFile === undefined), 'needs either key or keyFile'));

const common = {
  lifetime: about('A session ends this long after the login, even if it is in use.', z.prefault(durationSchema, '12h')),
  idle: about('A session ends this long after its last use.', z.prefault(durationSchema, '2h')),
  encryption: about(
    'The keys that encrypt the refresh tokens of identity providers in Redis. Without them no refresh tokens are kept there, and sessions are not refreshed.',
    z.optional(
      z.strictObject({
        keys: about(
          'The first key encrypts, and all of them decrypt. To rotate, put a new key first. Remove the old one when every session has been refreshed since.',
          z.array(sealingKeySchema).check(
            z.minLength(1),
            z.refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'two keys have the same id'),
          ),
        ),
      }),
    ),
  ),
  perUser: about(
    'The number of sessions that one user may have at the same time. Unset means no limit.',
    z.optional(z.int().check(z.positive())),
  ),
  onLimit: about(
    'What happens when a user at that limit logs in: their oldest session ends, or the login is refused.',
    z._default(z.enum(['endOldest', 'refuse']), 'endOldest'),
  ),
};

const redisSessionsSchema = z.pipe(
  z.strictObject({
    redis: about(
      'The Redis that keeps sessions: redis:// or, with TLS, rediss://. Several servers are redis-sentinel://one:26379,two:26379/0#mymaster or redis-cluster://one:6379,two:6379, with TLS rediss-sentinel:// or rediss-cluster://.',
      z
        .string()
        .check(
          z.regex(
            /^rediss?(?:-sentinel|-cluster)?:\/\//,
            'not a Redis URL; write it like redis://redis:6379/0, redis-sentinel://one:26379,two:26379/0#mymaster or redis-cluster://one:6379,two:6379',
          ),
        ),
    ),
    nodes: about(
      'More nodes of a Redis cluster, or the Sentinels, as host:port (default: none).',
      z.optional(z.array(z.string().check(z.regex(/^[^\s/]+:\d+$/)))),
    ),
    mode: about(
      'How Redis is deployed: a single server (the default), a cluster, or behind Sentinels.',
      z.optional(z.enum(['single', 'cluster', 'sentinel'])),
    ),
    sentinel: about('The name of the master in Sentinel (default: mymaster).', z.optional(z.string())),
    caFile: about('The CA of the Redis server, PEM.', z.optional(z.string())),
    waitForReplicas: about(
      'Acknowledge a step of an elevation, and the end of a session, only after replicas of Redis have it. Unset: as soon as the master has it.',
      z.optional(
        z.strictObject({
          count: about(
            'The number of replicas that must have it. In a cluster, of each master.',
            z._default(z.int().check(z.minimum(1), z.maximum(10)), 1),
          ),
          timeout: about(
            'How long they may take, 1500ms at most. After that, the answer is 503, and it may or may not have happened.',
            z.pipe(
              z.prefault(durationSchema, '500ms'),
              z.number().check(z.minimum(10, 'must be at least 10ms'), z.maximum(1500, 'must be 1500ms at most')),
            ),
          ),
        }),
      ),
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

/** Names the other forms, so that a fault in one of them is not reported as an unknown field of this one. */
const embeddedSessionsSchema = z.pipe(
  z.strictObject({ redis: z.optional(z.never()), memory: z.optional(z.never()), ...common }),
  z.transform(({ redis: _redis, memory: _memory, ...sessions }) => sessions),
);

/**
 * Where sessions are stored. `redis` takes a redis:// or rediss:// URL; `nodes` has the other nodes or the Sentinels. A
 * URL such as redis-sentinel:// names all of them. With neither `redis` nor `memory`, a single process keeps them below
 * `data`.
 */
export const sessionsSchema = z.prefault(
  z.union([
    z.strictObject({
      memory: about('Keep sessions in memory, for a single process. A restart logs everyone out.', z.literal(true)),
      ...common,
    }),
    redisSessionsSchema,
    embeddedSessionsSchema,
  ]),
  {},
);
export type SessionsConfig = z.infer<typeof sessionsSchema>;

export const loginSchema = z.prefault(
  z.strictObject({
    /**
     * Whether users may log in with a browser on another machine: with a code that they approve there (RFC 8628), or
     * with one that they paste into the terminal.
     */
    device: about(
      'Whether a login can be approved in a browser on another machine with a code (RFC 8628): `sallyport login --device`.',
      z._default(z.boolean(), true),
    ),
    paste: about(
      'Whether a login in a browser on another machine may show a one-time code to paste into the terminal: `sallyport login --no-browser`.',
      z._default(z.boolean(), true),
    ),
    pomerium: about(
      "Whether Pomerium's clients may log in. Their protocol sends the token in a URL on loopback.",
      z._default(z.boolean(), true),
    ),
    redirects: about(
      'Redirect URIs that a login may use in addition to any port on 127.0.0.1 and [::1]. The whole URI is compared.',
      z._default(z.array(urlSchema), []),
    ),
    url: about('The URL of the login pages in browsers, if it is not that of the gateway.', z.optional(urlSchema)),
    listen: about(
      'A listener on loopback for those pages, and for web applications at localhost, in plain HTTP, for demos.',
      z.optional(
        listenSchema.check(
          z.refine(
            (at) => ['127.0.0.1', '::1', 'localhost'].includes(at.host),
            'must be a loopback address: these pages are plain http',
          ),
        ),
      ),
    ),
  }),
  {},
);
