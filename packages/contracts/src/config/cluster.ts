import * as z from 'zod/mini';
import { isAllowSystem } from '../kubernetes/allow-system.ts';
import { urlSchema } from './address.ts';
import { nameSchema } from '../text/name.ts';
import { durationSchema } from './quantities.ts';
import { about } from '../text/about.ts';
import { tlsCurveList } from './tls.ts';

const hostSchema = z
  .string()
  .check(z.regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'not a host name (lower case, no port)'));

const impersonateSchema = z.prefault(
  z.strictObject({
    groups: about(
      'The groups that are sent to the cluster, as patterns with *.',
      z._default(z.array(z.string().check(z.minLength(1))), ['*']),
    ),
    allowSystem: about(
      'Names that begin with system: and may be sent to the cluster, by exact name. system:serviceaccount:NAMESPACE:* lets people act as the ServiceAccounts of a namespace, if policy and RBAC allow it.',
      z._default(
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
    match: about(
      'The namespaces, as a pattern with * or a list of patterns.',
      z.union([namespaceGlob, z.array(namespaceGlob).check(z.minLength(1))]),
    ),
    policies: about('Names of policies that apply to these namespaces.', z.nullish(z.array(nameSchema))),
    policy: about('A policy for these namespaces.', z.optional(z.unknown())),
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
  tokenSha256: about(
    "The SHA-256 of the API server's token, in hexadecimal: sallyport audit webhook-token makes both. A list, while the token is replaced.",
    z.union([
      z.pipe(
        tokenHashSchema,
        z.transform((hash) => [hash]),
      ),
      z.array(tokenHashSchema).check(z.minLength(1), z.maxLength(8)),
    ]),
  ),
  ignore: about(
    'Patterns of users who are expected to bypass the gateway. Requests in which they act as someone else count only if both match.',
    z._default(z.array(accountSchema).check(z.maxLength(1000)), ['system:*']),
  ),
  gatewayUsers: about(
    "The names of the gateway's own account in the cluster. Requests of these accounts that the gateway did not record are never ignored. Without it, the account is learned from the gateway's requests.",
    z.optional(z.array(accountSchema).check(z.minLength(1), z.maxLength(100))),
  ),
  grace: about(
    'How late the event of a request may be before it counts as missing.',
    z.pipe(z.prefault(durationSchema, '5m'), z.number().check(z.minimum(1000, 'must be at least one second'))),
  ),
});

const credentialFields = ['token', 'tokenFile', 'clientCertFile', 'kubeconfig', 'credential'] as const;

/**
 * One Kubernetes cluster behind the gateway. Its policies are not checked here: the policy engine reports their faults.
 */
export const clusterSchema = z
  .strictObject({
    name: about('Its name, which is part of its URL: <gateway.url>/clusters/<name>.', nameSchema),
    server: about('The URL of its API server.', z.optional(urlSchema)),
    caFile: about('The CA of the API server, PEM.', z.nullish(z.string())),
    serverName: about(
      "The name in the API server's certificate, if it is not the host of server.",
      z.nullish(z.string()),
    ),
    curves: about(
      'The key exchange groups that the gateway offers to the API server, as in gateway.tls.curves. The default is what OpenSSL offers.',
      z.nullish(tlsCurveList),
    ),
    http2: about(
      'Whether watches share connections of HTTP/2 to the API server, if it speaks that. The default is true.',
      z.nullish(z.boolean()),
    ),
    token: about(
      "The gateway's token for the cluster. Write ${env:NAME} or ${file:/path}. Give exactly one credential.",
      z.nullish(z.string().check(z.minLength(1))),
    ),
    tokenFile: about(
      "A file with the gateway's token for the cluster. It is read again when it changes.",
      z.nullish(z.string()),
    ),
    clientCertFile: about("The gateway's client certificate for the cluster, PEM.", z.nullish(z.string())),
    clientKeyFile: about('The private key of that certificate, PEM.', z.nullish(z.string())),
    kubeconfig: about('A kubeconfig with the server, its CA and the credential.', z.nullish(z.string())),
    context: about('The context of the kubeconfig to use.', z.nullish(z.string())),
    credential: about(
      'connector: the connector asks its API server for a token of the gateway, which exists only in memory.',
      z.nullish(z.literal('connector')),
    ),
    connector: about(
      'The connector through which the gateway reaches the API server. Without it, the gateway dials the API server itself.',
      z.nullish(nameSchema),
    ),
    host: about('A host name of the gateway that serves only this cluster: https://<host>.', z.nullish(hostSchema)),
    impersonate: about('The user and group names that may be impersonated.', impersonateSchema),
    policies: about(
      'Names of policies at the top of the file that apply to this cluster.',
      z.nullish(z.array(nameSchema)),
    ),
    policy: about('A policy for this cluster.', z.optional(z.unknown())),
    policyFile: about('A file with this policy, instead of policy.', z.nullish(z.string().check(z.minLength(1)))),
    namespaces: about('Additional policies for requests in some namespaces.', z.nullish(z.array(namespaceSchema))),
    explain: about('Whether a refusal on this cluster may say what would have been allowed.', z.optional(z.boolean())),
    shadow: about(
      'A policy that is evaluated and recorded on this cluster, but never enforced.',
      z.optional(z.unknown()),
    ),
    auditWebhook: about(
      "How the cluster's API server sends its own audit events, with which the audit trail is compared. The audit service reads this when it starts.",
      z.nullish(auditWebhookSchema),
    ),
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
      if (cluster.credential != null && cluster.connector == null) fault('credential', 'needs a connector');
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
