import { z } from 'zod';
import { isAllowSystem } from '../kubernetes/allow-system.ts';
import { nameSchema, urlSchema } from './address.ts';
import { durationSchema } from './duration.ts';

const hostSchema = z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'not a host name (lower case, no port)');

const impersonateSchema = z
  .strictObject({
    groups: z.array(z.string().min(1)).default(['*']),
    allowSystem: z
      .array(
        z
          .string()
          .startsWith('system:', 'must begin with system:')
          .refine(isAllowSystem, 'has a pattern: only system:serviceaccount:NAMESPACE:* may have one'),
      )
      .default([]),
  })
  .prefault({});

/** Globs over namespace names, where `*` stands for any text. */
const namespaceGlob = z
  .string()
  .regex(
    /^[a-z0-9*]([-a-z0-9*]{0,61}[a-z0-9*])?$/,
    'not a namespace or a pattern of one; write it like team-a or team-*',
  );

/** Policies for requests in some namespaces, in addition to those of the whole cluster. */
const namespaceSchema = z
  .strictObject({
    match: z.union([namespaceGlob, z.array(namespaceGlob).min(1)]),
    policies: z.array(nameSchema).nullish(),
    policy: z.unknown().optional(),
  })
  .refine((entry) => entry.policy != null || (entry.policies?.length ?? 0) > 0, 'is empty: give policies or a policy');

const tokenHashSchema = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, 'not a SHA-256 in hexadecimal; make it with: sallyport audit webhook-token');
const accountSchema = z.string().min(1).max(1024);

/** How the cluster sends its own audit events, with which the trail is compared. */
const auditWebhookSchema = z.strictObject({
  /** The SHA-256 of the API server's token. Several while it is replaced. */
  tokenSha256: z.union([tokenHashSchema.transform((hash) => [hash]), z.array(tokenHashSchema).min(1).max(8)]),
  /** Patterns of users who are expected to bypass the gateway. */
  ignore: z.array(accountSchema).max(1000).default(['system:*']),
  /** The gateway's own account in the cluster. Without it, the one that sends most of its requests. */
  gatewayUsers: z.array(accountSchema).min(1).max(100).optional(),
  /** How late the events of a request may be before they count as missing. */
  grace: durationSchema.prefault('5m').pipe(z.number().min(1000, 'must be at least one second')),
});

const credentialFields = ['token', 'tokenFile', 'clientCertFile', 'kubeconfig'] as const;

/**
 * One Kubernetes cluster behind the gateway. Its policies are not checked here: the policy engine reports their faults.
 */
export const clusterSchema = z
  .strictObject({
    name: nameSchema,
    server: urlSchema.optional(),
    caFile: z.string().nullish(),
    serverName: z.string().nullish(),
    token: z.string().min(1).nullish(),
    tokenFile: z.string().nullish(),
    clientCertFile: z.string().nullish(),
    clientKeyFile: z.string().nullish(),
    kubeconfig: z.string().nullish(),
    context: z.string().nullish(),
    host: hostSchema.nullish(),
    impersonate: impersonateSchema,
    /** Names of `policies` at the top of the file. */
    policies: z.array(nameSchema).nullish(),
    policy: z.unknown().optional(),
    /** A file with the policy, instead of `policy`. */
    policyFile: z.string().min(1).nullish(),
    namespaces: z.array(namespaceSchema).nullish(),
    /** A refusal may say what would have been allowed. */
    explain: z.boolean().optional(),
    /** Evaluated in addition to the policies in force and recorded, never enforced. */
    shadow: z.unknown().optional(),
    auditWebhook: auditWebhookSchema.nullish(),
  })
  .superRefine((cluster, context) => {
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
  });
export type ClusterConfig = z.infer<typeof clusterSchema>;
