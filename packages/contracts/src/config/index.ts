import { z } from 'zod';
import { cidrSchema, listenSchema, nameSchema, urlSchema } from './address.ts';
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

const gatewaySchema = z
  .strictObject({
    url: urlSchema,
    listen: listenSchema.prefault('0.0.0.0:8443'),
    tls: z
      .strictObject({
        certFile: z.string(),
        keyFile: z.string(),
        clientCaFile: z.string().nullish(),
        ...tlsProfileShape,
      })
      .refine((tls) => !hasNoUsableSuite(tls), {
        path: ['ciphers'],
        message: 'has no TLS 1.3 suite, which minVersion requires',
      })
      .optional(),
    trustedProxies: z.array(cidrSchema).default([]),
    /** The keys that sign what web applications learn about their users. */
    identityKeyFile: z.string().min(1).nullish(),
    /** Whether the load balancers in `trustedProxies` begin each connection with a header of the PROXY protocol. */
    proxyProtocol: z.boolean().default(false),
  })
  .refine(
    (gateway) =>
      gateway.tls !== undefined || gateway.url.startsWith('https:') === false || gateway.trustedProxies.length > 0,
    {
      path: ['tls'],
      message: 'is missing: the gateway needs a certificate (or trustedProxies, if a load balancer terminates TLS)',
    },
  )
  .refine((gateway) => !gateway.proxyProtocol || gateway.trustedProxies.length > 0, {
    path: ['proxyProtocol'],
    message: 'needs trustedProxies: the addresses of the load balancers that speak it',
  });

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
    streams: z
      .strictObject({
        recheck: durationSchema.prefault('30s'),
        grace: durationSchema.prefault('30s'),
        drain: durationSchema.prefault('60s'),
        perUser: z.number().int().positive().default(100),
        perCluster: z.number().int().positive().default(5000),
        inFlightPerUser: z.number().int().positive().default(400),
      })
      .prefault({}),
    timeouts: z
      .strictObject({ connect: durationSchema.prefault('5s'), firstByte: durationSchema.prefault('60s') })
      .prefault({}),
    tracing: tracingSchema,
    api: z
      .strictObject({
        policy: z
          .strictObject({
            sessions: z.unknown(),
            audit: z.unknown(),
            policy: z.unknown(),
            elevations: z.unknown(),
            machines: z.unknown(),
            serviceAccountNames: z.unknown(),
          })
          .partial()
          .default({}),
      })
      .prefault({}),
    /** Named policies that clusters and namespaces can use. */
    policies: z.record(nameSchema, z.unknown()).default({}),
    /** Applies to every cluster. */
    policy: z.unknown().optional(),
    policyFile: z.string().min(1).nullish(),
    explain: z.boolean().default(false),
    shadow: z.unknown().optional(),
    reload: z
      .strictObject({
        /** The largest file that is read, in bytes. */
        maxBytes: sizeSchema.prefault('8MiB').pipe(z.number().min(1024).max(maxConfigBytes, 'must be at most 64MiB')),
      })
      .prefault({}),
    clusters: z
      .array(clusterSchema)
      .default([])
      .refine((all) => unique(all.map((one) => one.name)), 'two clusters have the same name')
      .refine((all) => unique(all.flatMap((one) => one.host ?? [])), 'two clusters have the same host'),
    /** Web applications behind the gateway. */
    routes: z.array(routeSchema).max(1000).default([]),
    /** Machines that log in with a token of their platform. The first that matches counts. */
    workloads: z
      .array(workloadSchema)
      .max(100)
      .default([])
      .refine((all) => unique(all.map((one) => one.name)), 'two workloads have the same name'),
    elevations: z
      .array(elevationEntrySchema)
      .max(200)
      .default([])
      .refine((all) => unique(all.map((one) => one.name)), 'two elevations have the same name'),
    /** The lists that the criterion `on_call` names. */
    onCall: z
      .array(onCallListSchema)
      .max(50)
      .default([])
      .refine((all) => unique(all.map((one) => one.name)), 'two on-call lists have the same name'),
    notifications: z
      .array(notificationSchema)
      .max(20)
      .default([])
      .refine((all) => unique(all.map((one) => one.name)), 'two channels have the same name'),
  })
  .superRefine((config, context) => {
    for (const { path, message } of routeFaults(config)) context.addIssue({ code: 'custom', path, message });
  });
export type Config = z.infer<typeof configSchema>;
export { nameSchema };
