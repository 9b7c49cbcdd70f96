import * as z from 'zod/mini';
import { tokenSchema, wordOf } from './parts.ts';

// Agents and service accounts. Times are milliseconds since the epoch.

/** An agent as lists show it. */
const agentViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  user: z.string(),
  scope: z.object({
    clusters: z.array(z.string()),
    verbs: z.array(z.string()),
    namespaces: z.optional(z.array(z.string())),
    secrets: z._default(z.boolean(), false),
    shell: z._default(z.boolean(), false),
  }),
  createdAt: z.number(),
  expiresAt: z.number(),
  /** When it ends because its login is not used. */
  idleEndsAt: z.optional(z.number()),
  /** When it was first used. */
  usedAt: z.optional(z.number()),
  /** The id of the login. */
  loginId: z.optional(z.string()),
});
export type AgentView = z.infer<typeof agentViewSchema>;

/** `POST <api>/agents`. The token is shown this once. */
export const createdAgentSchema = z.object({ token: tokenSchema, agent: agentViewSchema });

/** `GET <api>/agents`. */
export const agentsSchema = z.object({ agents: z.array(agentViewSchema), maySeeAll: z.optional(z.boolean()) });

/** A service account as lists show it. */
const serviceAccountViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  user: z.string(),
  groups: z.array(z.string()),
  maker: z.string(),
  createdAt: z.number(),
  expiresAt: z.number(),
  /** To within ten minutes. Absent if it was never used. */
  lastUsedAt: z.optional(z.number()),
});
export type ServiceAccountView = z.infer<typeof serviceAccountViewSchema>;

/** `POST <api>/service-accounts`. The token is shown this once. */
export const createdServiceAccountSchema = z.object({ token: tokenSchema, serviceAccount: serviceAccountViewSchema });

/** `GET <api>/service-accounts`. */
export const serviceAccountsSchema = z.object({
  serviceAccounts: z.array(serviceAccountViewSchema),
  maySeeAll: z.optional(z.boolean()),
});

/** An entry of `workloads` in the configuration as lists show it. */
const workloadViewSchema = z.object({
  name: z.string(),
  /** Whose tokens it accepts: an issuer, a cluster or a SPIFFE trust domain. */
  source: z.string(),
  /** The name that a workload gets, with claims in double braces. */
  user: z.string(),
  groups: z.array(z.string()),
});
export type WorkloadView = z.infer<typeof workloadViewSchema>;

/** `GET <api>/workloads`, in the order in which they are compared with a token. */
export const workloadsSchema = z.object({ workloads: z.array(workloadViewSchema) });

/** A name of a service account as lists show it: whom it belongs to, and whether an account has it now. */
const serviceAccountNameSchema = z.object({
  name: z.string(),
  holder: z.string(),
  since: z.number(),
  inUse: z.boolean(),
});
export type ServiceAccountName = z.infer<typeof serviceAccountNameSchema>;

/** `GET <api>/service-account-names`. */
export const heldNamesSchema = z.object({ names: z.array(serviceAccountNameSchema) });

/** What became of a name: given, held by the same account already, or held by another, which is named. */
const assignedNameSchema = z.object({
  name: z.string(),
  outcome: wordOf<'given' | 'held' | 'of-another'>(),
  holder: z.string(),
});
export type AssignedName = z.infer<typeof assignedNameSchema>;

/** `POST <api>/service-account-names`. */
export const assignedNamesSchema = z.object({ names: z.array(assignedNameSchema) });
