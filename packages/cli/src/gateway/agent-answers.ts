import * as z from 'zod/mini';

const scope = z.object({
  clusters: z.array(z.string()),
  verbs: z.array(z.string()),
  namespaces: z.optional(z.array(z.string())),
  secrets: z._default(z.boolean(), false),
  shell: z._default(z.boolean(), false),
});

const agent = z.object({
  id: z.string(),
  name: z.string(),
  user: z.string(),
  scope,
  createdAt: z.number(),
  expiresAt: z.number(),
  idleEndsAt: z.optional(z.number()),
  usedAt: z.optional(z.number()),
  loginId: z.optional(z.string()),
});
export type AgentRow = z.infer<typeof agent>;

/** `POST /.sallyport/api/v1/agents`. The token is shown this once. */
export const createdAgentSchema = z.object({
  token: z.string().check(z.regex(/^[A-Za-z0-9._~+/-]{16,4096}=*$/)),
  agent,
});

/** `GET /.sallyport/api/v1/agents`. */
export const agentsSchema = z.object({ agents: z.array(agent), maySeeAll: z.optional(z.boolean()) });
