import * as z from 'zod/mini';
import { isAllowSystem } from '../kubernetes/allow-system.ts';
import { urlSchema } from './address.ts';
import { nameSchema } from '../text/name.ts';
import { durationSchema } from './duration.ts';

const hostSchema = z
  .string()
  .check(z.regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'not a host name (lower case, no port)'));

const impersonateSchema = z.prefault(
  z.strictObject({
    groups: z._default(z.array(z.string().check(z.minLength(1))), ['*']),
    allowSystem: z._default(
      z.array(
        z
          .string()
          .check(
            z.startsWith('system:', 'must begin with system:'),
            z.refine(isAllowSystem, 'has a pattern: only system:serviceaccount:NAMESPACE:* may have one'),
          ),
      ),
      [],
    ),
  }),
  {},
);

/** Globs over namespace names, where `*` stands for any text. */
const namespaceGlob = z
  .string()
  .check(
    z.regex(
      /^[a-z0-9*]([-a-z0-9*]{0,61}[a-z0-9*])?$/,
      'not a namespace or a pattern of one; write it like team-a or team-*',
    ),
  );

/** Policies for requests in some namespaces, in addition to those of the whole cluster. */
const namespaceSchema = z
  .strictObject({
    match: z.union([namespaceGlob, z.array(namespaceGlob).check(z.minLength(1))]),
    policies: z.nullish(z.array(nameSchema)),
    policy: z.optional(z.unknown()),
  })
  .check(
    z.refine(
      (entry) => entry.policy != null || (entry.policies?.length ?? 0) > 0,
      'is empty: give policies or a policy',
    ),
  );

const tokenHashSchema = z
  .string()
  .check(z.regex(/^[0-9a-fA-F]{64}$/, 'not a SHA-256 in hexadecimal; make it with: sallyport audit webhook-token'));
const accountSchema = z.string().check(z.minLength(1), z.maxLength(1024));

/** How the cluster sends its own audit events, with which the trail is compared. */
const auditWebhookSchema = z.strictObject({
  /** The SHA-256 of the API server's token. Several while it is replaced. */
  tokenSha256: z.union([
    z.pipe(
      tokenHashSchema,
      z.transform((hash) => [hash]),
    ),
    z.array(tokenHashSchema).check(z.minLength(1), z.maxLength(8)),
  ]),
  /** Patterns of users who are expected to bypass the gateway. */
  ignore: z._default(z.array(accountSchema).check(z.maxLength(1000)), ['system:*']),
  /** The gateway's own account in the cluster. Without it, the one that sends most of its requests. */
  gatewayUsers: z.optional(z.array(accountSchema).check(z.minLength(1), z.maxLength(100))),
  /** How late the events of a request may be before they count as missing. */
  grace: z.pipe(z.prefault(durationSchema, '5m'), z.number().check(z.minimum(1000, 'must be at least one second'))),
});

const credentialFields = ['token', 'tokenFile', 'clientCertFile', 'kubeconfig'] as const;

/**
 * One Kubernetes cluster behind the gateway. Its policies are not checked here: the policy engine reports their faults.
 */
export const clusterSchema = z
  .strictObject({
    name: nameSchema,
    server: z.optional(urlSchema),
    caFile: z.nullish(z.string()),
    serverName: z.nullish(z.string()),
    token: z.nullish(z.string().check(z.minLength(1))),
    tokenFile: z.nullish(z.string()),
    clientCertFile: z.nullish(z.string()),
    clientKeyFile: z.nullish(z.string()),
    kubeconfig: z.nullish(z.string()),
    context: z.nullish(z.string()),
    host: z.nullish(hostSchema),
    impersonate: impersonateSchema,
    /** Names of `policies` at the top of the file. */
    policies: z.nullish(z.array(nameSchema)),
    policy: z.optional(z.unknown()),
    /** A file with the policy, instead of `policy`. */
    policyFile: z.nullish(z.string().check(z.minLength(1))),
    namespaces: z.nullish(z.array(namespaceSchema)),
    /** A refusal may say what would have been allowed. */
    explain: z.optional(z.boolean()),
    /** Evaluated in addition to the policies in force and recorded, never enforced. */
    shadow: z.optional(z.unknown()),
    auditWebhook: z.nullish(auditWebhookSchema),
  })
  .check(
    z.superRefine((cluster, context) => {
      const fault = (path: string | (string | number)[], message: string) =>
        context.addIssue({ code: 'custom', path: [path].flat(), message });
      cluster.namespaces?.forEach((entry, index, all) => {
        const before = all.findIndex((other) => String(other.match) === String(entry.match));
        if (before < index)
          fault(['namespaces', index, 'match'], `is the same as that of namespaces.${before}: merge the two`);
      });
      const given = credentialFields.filter((field) => cluster[field] != null);
      if (given.length === 0)
        fault('tokenFile', `the gateway needs a credential for this cluster: one of ${credentialFields.join(', ')}`);
      if (given.length > 1) fault(given[1]!, `only one credential is allowed, not ${given.join(' and ')}`);
      if (cluster.kubeconfig == null && cluster.server == null) fault('server', 'is missing (or give a kubeconfig)');
      if (cluster.kubeconfig != null && cluster.server != null)
        fault('server', 'comes from the kubeconfig; remove one of the two');
      if ((cluster.clientCertFile == null) !== (cluster.clientKeyFile == null))
        fault('clientKeyFile', 'clientCertFile and clientKeyFile go together');
      if (cluster.context != null && cluster.kubeconfig == null) fault('context', 'needs a kubeconfig');
      if (
        cluster.server?.startsWith('http:') &&
        !/^http:\/\/(127\.\d+\.\d+\.\d+|\[::1\]|localhost)(:|$|\/)/.test(cluster.server)
      ) {
        fault('server', "must be https: the gateway's credential would be sent in clear text");
      }
    }),
  );
export type ClusterConfig = z.infer<typeof clusterSchema>;
