import * as z from 'zod/mini';

const label = z.string().check(z.regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a name such as shop-dev'));

/** The name of an agent or a service account: a DNS label. It becomes part of a rule's name and of a user's. */
export const machineNameSchema = label;

/**
 * What an agent may do at most, of what its person may do. A cluster, a verb or a namespace that is not listed is
 * refused. Without `namespaces` all are meant. Secrets, and everything equivalent to a shell, must be named.
 */
export const agentScopeSchema = z.strictObject({
  clusters: z.array(label).check(z.minLength(1), z.maxLength(64)),
  verbs: z
    .array(z.string().check(z.regex(/^[a-z]{1,32}$/, 'must be a verb such as get')))
    .check(z.minLength(1), z.maxLength(16)),
  namespaces: z.optional(z.array(label).check(z.minLength(1), z.maxLength(64))),
  secrets: z._default(z.boolean(), false),
  shell: z._default(z.boolean(), false),
});
export type AgentScope = z.infer<typeof agentScopeSchema>;
