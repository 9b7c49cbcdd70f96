import * as z from 'zod/mini';
import { cidrSchema, listenSchema, urlSchema } from './address.ts';
import { nameSchema } from '../text/name.ts';
import { auditSectionSchema } from './audit.ts';
import { brandingSchema } from './branding.ts';
import { clusterSchema } from './cluster.ts';
import { durationSchema, sizeSchema } from './duration.ts';
import { elevationEntrySchema } from './elevation.ts';
import { identitySectionSchema } from './identity.ts';
import { notificationSchema } from './notification.ts';
import { onCallListSchema } from './on-call.ts';
import { routeFaults } from './route-faults.ts';
import { routeSchema } from './route.ts';
import { servicesSchema } from './services.ts';
import { loginSchema, sessionsSchema } from './sessions.ts';
import { hasNoUsableSuite, tlsProfileShape } from './tls.ts';
import { tracingSchema } from './tracing.ts';
import { workloadSchema } from './workload.ts';

// zod/mini describes faults only in a language that it is given.
z.config(z.locales.en());

const gatewaySchema = z
  .strictObject({
    url: urlSchema,
    listen: z.prefault(listenSchema, '0.0.0.0:8443'),
    tls: z.optional(
      z
        .strictObject({
          certFile: z.string(),
          keyFile: z.string(),
          clientCaFile: z.nullish(z.string()),
          ...tlsProfileShape,
        })
        .check(
          z.refine((tls) => !hasNoUsableSuite(tls), {
            path: ['ciphers'],
            message: 'has no TLS 1.3 suite, which minVersion requires',
          }),
        ),
    ),
    trustedProxies: z._default(z.array(cidrSchema), []),
    /** The keys that sign what web applications learn about their users. */
    identityKeyFile: z.nullish(z.string().check(z.minLength(1))),
    /** Whether the load balancers in `trustedProxies` begin each connection with a header of the PROXY protocol. */
    proxyProtocol: z._default(z.boolean(), false),
  })
  .check(
    z.refine(
      (gateway) =>
        gateway.tls !== undefined || gateway.url.startsWith('https:') === false || gateway.trustedProxies.length > 0,
      {
        path: ['tls'],
        message: 'is missing: the gateway needs a certificate (or trustedProxies, if a load balancer terminates TLS)',
      },
    ),
    z.refine((gateway) => !gateway.proxyProtocol || gateway.trustedProxies.length > 0, {
      path: ['proxyProtocol'],
      message: 'needs trustedProxies: the addresses of the load balancers that speak it',
    }),
  );

/** The upper bound of `reload.maxBytes`. */
export const maxConfigBytes = 64 * 1024 * 1024;

const unique = (texts: string[]) => new Set(texts).size === texts.length;

/**
 * The whole of `sallyport.yaml`: one file, of which each service uses its part. Durations are parsed to milliseconds,
 * sizes to bytes.
 */
export const configSchema = z
  .strictObject({
    gateway: gatewaySchema,
    services: servicesSchema,
    sessions: sessionsSchema,
    audit: auditSectionSchema,
    identity: identitySectionSchema,
    login: loginSchema,
    branding: brandingSchema,
    streams: z.prefault(
      z.strictObject({
        recheck: z.prefault(durationSchema, '30s'),
        grace: z.prefault(durationSchema, '30s'),
        drain: z.prefault(durationSchema, '60s'),
        perUser: z._default(z.int().check(z.positive()), 100),
        perCluster: z._default(z.int().check(z.positive()), 5000),
        inFlightPerUser: z._default(z.int().check(z.positive()), 400),
      }),
      {},
    ),
    timeouts: z.prefault(
      z.strictObject({ connect: z.prefault(durationSchema, '5s'), firstByte: z.prefault(durationSchema, '60s') }),
      {},
    ),
    tracing: tracingSchema,
    api: z.prefault(
      z.strictObject({
        policy: z._default(
          z.partial(
            z.strictObject({
              sessions: z.unknown(),
              audit: z.unknown(),
              policy: z.unknown(),
              elevations: z.unknown(),
              machines: z.unknown(),
              serviceAccountNames: z.unknown(),
            }),
          ),
          {},
        ),
      }),
      {},
    ),
    /** Named policies that clusters and namespaces can use. */
    policies: z._default(z.record(nameSchema, z.unknown()), {}),
    /** Applies to every cluster. */
    policy: z.optional(z.unknown()),
    policyFile: z.nullish(z.string().check(z.minLength(1))),
    explain: z._default(z.boolean(), false),
    shadow: z.optional(z.unknown()),
    reload: z.prefault(
      z.strictObject({
        /** The largest file that is read, in bytes. */
        maxBytes: z.pipe(
          z.prefault(sizeSchema, '8MiB'),
          z.number().check(z.minimum(1024), z.maximum(maxConfigBytes, 'must be at most 64MiB')),
        ),
      }),
      {},
    ),
    clusters: z._default(z.array(clusterSchema), []).check(
      z.refine((all) => unique(all.map((one) => one.name)), 'two clusters have the same name'),
      z.refine((all) => unique(all.flatMap((one) => one.host ?? [])), 'two clusters have the same host'),
    ),
    /** Web applications behind the gateway. */
    routes: z._default(z.array(routeSchema).check(z.maxLength(1000)), []),
    /** Machines that log in with a token of their platform. The first that matches counts. */
    workloads: z
      ._default(z.array(workloadSchema).check(z.maxLength(100)), [])
      .check(z.refine((all) => unique(all.map((one) => one.name)), 'two workloads have the same name')),
    elevations: z
      ._default(z.array(elevationEntrySchema).check(z.maxLength(200)), [])
      .check(z.refine((all) => unique(all.map((one) => one.name)), 'two elevations have the same name')),
    /** The lists that the criterion `on_call` names. */
    onCall: z
      ._default(z.array(onCallListSchema).check(z.maxLength(50)), [])
      .check(z.refine((all) => unique(all.map((one) => one.name)), 'two on-call lists have the same name')),
    notifications: z
      ._default(z.array(notificationSchema).check(z.maxLength(20)), [])
      .check(z.refine((all) => unique(all.map((one) => one.name)), 'two channels have the same name')),
  })
  .check(
    z.superRefine((config, context) => {
      for (const { path, message } of routeFaults(config)) context.addIssue({ code: 'custom', path, message });
    }),
  );
export type Config = z.infer<typeof configSchema>;
export { nameSchema };
