import { z } from 'zod';

const label = z.string().regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a name such as shop-dev');

/** The name of an agent or a service account: a DNS label. It becomes part of a rule's name and of a user's. */
export const machineNameSchema = label;

/**
 * What an agent may do at most, of what its person may do. A cluster, a verb or a namespace that is not listed is
 * refused. Without `namespaces` all are meant. Secrets, and everything equivalent to a shell, must be named.
 */
export const agentScopeSchema = z.strictObject({
  clusters: z.array(label).min(1).max(64),
  verbs: z
    .array(z.string().regex(/^[a-z]{1,32}$/, 'must be a verb such as get'))
    .min(1)
    .max(16),
  namespaces: z.array(label).min(1).max(64).optional(),
  secrets: z.boolean().default(false),
  shell: z.boolean().default(false),
});
export type AgentScope = z.infer<typeof agentScopeSchema>;
