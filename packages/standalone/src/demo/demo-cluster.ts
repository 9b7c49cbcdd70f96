import type { GatewayAddress } from '../traffic/call-gateway.ts';

/** The cluster behind the demo's gateway. */
export type DemoCluster = {
  kind: 'practice' | 'real' | 'kubeconfig';
  /** How the gateway connects to it: fields of `clusters[]` in sallyport.yaml. */
  access: Record<string, unknown>;
  /** A kubeconfig that bypasses the gateway, for checks. */
  adminKubeconfig: string;
  /** The cluster's own audit log. Undefined if the demo does not know it. */
  auditFile: string | undefined;
  /**
   * Begins to send the cluster's audit events to the gateway, which has it under a name. Returns what sends the rest and
   * stops. Undefined if the cluster does not send them.
   */
  sendEvents?(gateway: GatewayAddress, name: string): () => Promise<void>;
  /** The kubectl that comes with the cluster. */
  kubectl: string | undefined;
  /** The namespace to start with. */
  namespace: string | undefined;
  close(): Promise<void>;
};

export type DemoClusterDeps = { directory: string; say(text: string): void };
