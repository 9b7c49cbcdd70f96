import { z } from 'zod';
import { nameSchema } from '../config/address.ts';

// POST /v1/workload-sessions: the proxy asks authenticate to verify a token that a platform issued to a workload.

/** The longest token of a workload, in characters. */
export const maxWorkloadToken = 8192;

/** The issuer and the public keys of a cluster's ServiceAccount tokens, which the proxy has read from the cluster. */
export const clusterKeysSchema = z.object({
  cluster: nameSchema,
  issuer: z.string().min(1).max(2048),
  keys: z.array(z.record(z.string(), z.unknown())).max(100),
});
export type ClusterKeys = z.infer<typeof clusterKeysSchema>;

export const workloadSessionRequestSchema = z.object({
  token: z.string().min(1).max(maxWorkloadToken),
  clusters: z.array(clusterKeysSchema).max(64).default([]),
});
export type WorkloadSessionRequest = z.infer<typeof workloadSessionRequestSchema>;

// POST /v1/workload-tokens: the same call, which is answered with a token of the gateway in exchange (RFC 8693).

export const exchangedTokenSchema = z.object({
  token: z.string().min(1),
  session: z.object({ id: z.string(), expiresAt: z.number() }),
});
export type ExchangedToken = z.infer<typeof exchangedTokenSchema>;
