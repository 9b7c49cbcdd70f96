import * as z from 'zod/mini';
import { agentScopeSchema, machineNameSchema } from '../identity/agent-scope.ts';

const minuteMs = 60_000;

/** `POST <api>/agents`: the agent that a person asks for. It ends with their login, if that ends before. */
export const agentRequestSchema = z.strictObject({
  name: machineNameSchema,
  scope: agentScopeSchema,
  lifetimeMs: z
    .number()
    .check(
      z.int(),
      z.minimum(minuteMs, 'must be at least a minute'),
      z.maximum(366 * 24 * 60 * minuteMs, 'must be at most a year'),
    ),
});
export type AgentRequest = z.infer<typeof agentRequestSchema>;

/** `POST /v1/agents` of authenticate. The gateway adds the hash of the caller's token, on whose session the agent hangs. */
export const agentCallSchema = z.strictObject({
  asked: agentRequestSchema,
  tokenHash: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/)),
});

/** An agent as lists show it. Times are milliseconds since the epoch. */
export const agentViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  user: z.string(),
  scope: agentScopeSchema,
  createdAt: z.number(),
  expiresAt: z.number(),
  /** When it ends because the login that it hangs on is not used. */
  idleEndsAt: z.optional(z.number()),
  /** When it was first used. */
  usedAt: z.optional(z.number()),
  /** The id of the login. */
  loginId: z.string(),
});
export type AgentView = z.infer<typeof agentViewSchema>;
