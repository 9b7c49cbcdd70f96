import * as z from 'zod/mini';
import { nameSchema } from '../text/name.ts';

// POST /v1/workload-sessions: the proxy asks authenticate to verify a token that a platform issued to a workload.

/** The longest token of a workload, in characters. */
export const maxWorkloadToken = 8192;

/** The issuer and the public keys of a cluster's ServiceAccount tokens, which the proxy has read from the cluster. */
export const clusterKeysSchema = z.object({
  cluster: nameSchema,
  issuer: z.string().check(z.minLength(1), z.maxLength(2048)),
  keys: z.array(z.record(z.string(), z.unknown())).check(z.maxLength(100)),
});
export type ClusterKeys = z.infer<typeof clusterKeysSchema>;

export const workloadSessionRequestSchema = z.object({
  token: z.string().check(z.minLength(1), z.maxLength(maxWorkloadToken)),
  clusters: z._default(z.array(clusterKeysSchema).check(z.maxLength(64)), []),
});
export type WorkloadSessionRequest = z.infer<typeof workloadSessionRequestSchema>;

// POST /v1/workload-tokens: the same call, which is answered with a token of the gateway in exchange (RFC 8693).

export const exchangedTokenSchema = z.object({
  token: z.string().check(z.minLength(1)),
  session: z.object({ id: z.string(), expiresAt: z.number() }),
});
export type ExchangedToken = z.infer<typeof exchangedTokenSchema>;
