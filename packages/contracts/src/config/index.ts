import * as z from 'zod/mini';
import { acmeFaults, acmeSchema } from './acme.ts';
import { maxConfigBytes } from './max-config-bytes.ts';
import { cidrSchema, listenSchema, urlSchema } from './address.ts';
import { nameSchema } from '../text/name.ts';
import { auditSectionSchema } from './audit.ts';
import { brandingSchema } from './branding.ts';
import { clusterSchema } from './cluster.ts';
import { connectorFaults, connectorSchema } from './connector.ts';
import { downloadsSchema } from './downloads.ts';
import { durationSchema, sizeSchema } from './quantities.ts';
import { elevationEntrySchema } from './elevation.ts';
import { identitySectionSchema } from './identity.ts';
import { notificationSchema } from './notification.ts';
import { onCallListSchema } from './on-call.ts';
import { recordingsSchema } from './recordings.ts';
import { routeFaults } from './route-faults.ts';
import { routeSchema } from './route.ts';
import { servicesSchema } from './services.ts';
import { loginSchema, sessionsSchema } from './sessions.ts';
import { certificateFaults, hasNoUsableSuite, tlsProfileShape } from './tls.ts';
import { tracingSchema } from './tracing.ts';
import { workloadSchema } from './workload.ts';
import { about } from '../text/about.ts';

const gatewaySchema = z
  .strictObject({
    url: about('The address of the gateway as users see it. Clusters are below it, at /clusters/<name>.', urlSchema),
    listen: about('The address on which the gateway listens.', z.prefault(listenSchema, '0.0.0.0:8443')),
    tls: about(
      "The gateway's certificate. Leave it out only if a load balancer in trustedProxies terminates TLS.",
      z.optional(
        z
          .strictObject({
            certFile: about(
              'The certificate and its chain, PEM. It must be valid for the host of gateway.url and for each clusters[].host.',
              z.nullish(z.string()),
            ),
            keyFile: about('Its private key, PEM.', z.nullish(z.string())),
            acme: about(
              'Request the certificate from an ACME server and renew it, in place of certFile and keyFile. For a single gateway process: it keeps the account and the certificate below data.',
              z.nullish(acmeSchema),
            ),
            clientCaFile: about(
              'The CA of client certificates, PEM. If set, the gateway requests a certificate from clients. The criteria client_certificate and invalid_client_certificate need it.',
              z.nullish(z.string()),
            ),
            ...tlsProfileShape,
          })
          .check(
            z.refine((tls) => !hasNoUsableSuite(tls), {
              path: ['ciphers'],
              message: 'has no TLS 1.3 suite, which minVersion requires',
            }),
            z.superRefine(certificateFaults),
          ),
      ),
    ),
    caFile: about(
      "The CA of the gateway's certificate, PEM, if it is one that programs do not trust by themselves. Anyone can read it at /.sallyport/ca.pem, and users log in with its fingerprint (sallyport login --ca-fingerprint).",
      z.nullish(z.string().check(z.minLength(1))),
    ),
    trustedProxies: about(
      'Address blocks of the proxies in front of the gateway. X-Forwarded-For is trusted from these and ignored from anyone else.',
      z._default(z.array(cidrSchema), []),
    ),
    identityKeyFile: about(
      'The keys that sign what web applications learn about their users: EC private keys on P-256, PEM. The first signs. It is read again when it changes.',
      z.nullish(z.string().check(z.minLength(1))),
    ),
    http2: about(
      'Whether clients may use HTTP/2. It needs TLS at the gateway. Experimental: hostile clients can end the process.',
      z._default(z.boolean(), false),
    ),
    proxyProtocol: about(
      'Whether the load balancers in trustedProxies pass TLS through and name the client in a header of the PROXY protocol, version 1 or 2. Their connections without one are then closed. Connections from other addresses have none.',
      z._default(z.boolean(), false),
    ),
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

const unique = (texts: string[]) => new Set(texts).size === texts.length;

/**
 * The whole of `sallyport.yaml`: one file, of which each service uses its part. Durations are parsed to milliseconds,
 * sizes to bytes.
 */
export const configSchema = z
  .strictObject({
    gateway: about('The listener that users and their programs connect to.', gatewaySchema),
    data: about(
      'The directory of a single process (sallyport serve): what would be in Redis, Kafka and PostgreSQL, and the keys that it made.',
      z._default(z.string().check(z.minLength(1)), './data'),
    ),
    services: about('The addresses and keys of the four services.', servicesSchema),
    sessions: about('Where sessions are stored, and how long they last.', sessionsSchema),
    audit: about(
      'The audit trail: where events are published and searched, and what happens while they cannot be written.',
      auditSectionSchema,
    ),
    identity: about('Identity providers, and other sources of users and groups.', identitySectionSchema),
    login: about('Login methods, redirects and pages.', loginSchema),
    branding: about(
      'What the pages of the gateway show of your organization. A change takes effect after a restart.',
      brandingSchema,
    ),
    downloads: about(
      'Where users get the command line, by the page /.sallyport/install. A change takes effect after a restart.',
      downloadsSchema,
    ),
    streams: about(
      'Limits for streams: exec, logs, watch, port-forward.',
      z.prefault(
        z.strictObject({
          recheck: about(
            'How often an open stream is rechecked, in addition to every change of its session or the policy.',
            z.prefault(durationSchema, '30s'),
          ),
          grace: about(
            'How long a stream may continue while it cannot be rechecked.',
            z.prefault(durationSchema, '30s'),
          ),
          drain: about(
            'How long open streams may continue when the gateway shuts down. A single process takes 5s if this is not set.',
            z.prefault(durationSchema, '60s'),
          ),
          perUser: about(
            'The maximum number of open streams of one user.',
            z._default(z.int().check(z.positive()), 100),
          ),
          perCluster: about(
            'The maximum number of open streams to one cluster.',
            z._default(z.int().check(z.positive()), 5000),
          ),
          inFlightPerUser: about(
            'The maximum number of concurrent requests of one user, in addition to streams.',
            z._default(z.int().check(z.positive()), 400),
          ),
        }),
        {},
      ),
    ),
    recordings: about(
      'Recordings of exec and attach: which sessions are recorded, for whom they are sealed, and where they are kept.',
      recordingsSchema,
    ),
    timeouts: about(
      'How long the gateway waits for a cluster.',
      z.prefault(
        z.strictObject({
          connect: about('The time to connect.', z.prefault(durationSchema, '5s')),
          firstByte: about(
            'The time to the first byte of the response to a short request.',
            z.prefault(durationSchema, '60s'),
          ),
        }),
        {},
      ),
    ),
    tracing: about('Spans of requests, for a collector of OpenTelemetry. A change needs a restart.', tracingSchema),
    api: about(
      "The gateway's own API.",
      z.prefault(
        z.strictObject({
          policy: about(
            'Who may see and change what belongs to other users. Without a rule, no one may.',
            z._default(
              z.partial(
                z.strictObject({
                  sessions: about('Who may list and revoke the sessions of other users.', z.unknown()),
                  audit: about('Who may search the events of other users.', z.unknown()),
                  policy: about('Who may see the policies.', z.unknown()),
                  recordings: about(
                    'Who may list and read the recordings of which sessions. The k8s/* criteria are about the recorded session.',
                    z.unknown(),
                  ),
                  elevations: about('Who may act on the elevations of other users.', z.unknown()),
                  machines: about(
                    'Who may list and revoke the agents and service accounts of other users, and make service accounts with groups that they do not have.',
                    z.unknown(),
                  ),
                  serviceAccountNames: about(
                    'Who may create service accounts of which names (service_account). Without it, anyone may create any that is free.',
                    z.unknown(),
                  ),
                }),
              ),
              {},
            ),
          ),
        }),
        {},
      ),
    ),
    policies: about(
      'Named policies that clusters and namespaces can use.',
      z._default(z.record(nameSchema, z.unknown()), {}),
    ),
    policy: about('A policy for all clusters, in addition to their own.', z.optional(z.unknown())),
    policyFile: about('A file with this policy, instead of policy.', z.nullish(z.string().check(z.minLength(1)))),
    explain: about(
      'Whether a refusal may say what would have been allowed. Each cluster can override it.',
      z._default(z.boolean(), false),
    ),
    shadow: about(
      'A policy that is evaluated and recorded on all clusters, but never enforced.',
      z.optional(z.unknown()),
    ),
    reload: about(
      'How a changed configuration is reloaded while the services run.',
      z.prefault(
        z.strictObject({
          maxBytes: about(
            'The maximum size of a file that is read.',
            z.pipe(
              z.prefault(sizeSchema, '8MiB'),
              z.number().check(z.minimum(1024), z.maximum(maxConfigBytes, 'must be at most 64MiB')),
            ),
          ),
        }),
        {},
      ),
    ),
    connectors: about(
      'The connectors that may dial the gateway, from networks into which it cannot dial (docs/connectors.md).',
      z
        ._default(z.array(connectorSchema).check(z.maxLength(10_000)), [])
        .check(z.refine((all) => unique(all.map((one) => one.name)), 'two connectors have the same name')),
    ),
    clusters: about(
      'The Kubernetes clusters behind the gateway.',
      z._default(z.array(clusterSchema), []).check(
        z.refine((all) => unique(all.map((one) => one.name)), 'two clusters have the same name'),
        z.refine((all) => unique(all.flatMap((one) => one.host ?? [])), 'two clusters have the same host'),
      ),
    ),
    routes: about(
      'The web applications behind the gateway.',
      z._default(z.array(routeSchema).check(z.maxLength(1000)), []),
    ),
    workloads: about(
      'Machines that log in with a token of their platform, without a stored secret (docs/machines.md). The first that matches a token counts. authenticate and the gateway read this when they start.',
      z
        ._default(z.array(workloadSchema).check(z.maxLength(100)), [])
        .check(z.refine((all) => unique(all.map((one) => one.name)), 'two workloads have the same name')),
    ),
    elevations: about(
      'Rights that people can ask for, which begin when they are approved and end by themselves.',
      z
        ._default(z.array(elevationEntrySchema).check(z.maxLength(200)), [])
        .check(z.refine((all) => unique(all.map((one) => one.name)), 'two elevations have the same name')),
    ),
    onCall: about(
      'Lists that the criterion on_call names. authorize reads this section when it starts.',
      z
        ._default(z.array(onCallListSchema).check(z.maxLength(50)), [])
        .check(z.refine((all) => unique(all.map((one) => one.name)), 'two on-call lists have the same name')),
    ),
    notifications: about(
      'Channels that are told of the steps of elevations, and of service accounts that end soon. authorize reads them when it starts.',
      z
        ._default(z.array(notificationSchema).check(z.maxLength(20)), [])
        .check(z.refine((all) => unique(all.map((one) => one.name)), 'two channels have the same name')),
    ),
  })
  .check(
    z.superRefine((config, context) => {
      for (const { path, message } of [...routeFaults(config), ...connectorFaults(config), ...acmeFaults(config)])
        context.addIssue({ code: 'custom', path, message });
    }),
  );
export type Config = z.infer<typeof configSchema>;
export { nameSchema };
