/** A cluster for the demo to stand in front of. */
export type DemoCluster = {
  kind: 'practice' | 'real' | 'kubeconfig';
  /** How the gateway reaches it: fields of `clusters[]` in sallyport.yaml. */
  access: Record<string, unknown>;
  /** A kubeconfig past the gateway, for checking. */
  adminKubeconfig: string;
  /** A kubectl that came with it. */
  kubectl: string | undefined;
  /** The namespace to look at first. */
  namespace: string | undefined;
  close(): Promise<void>;
};

export type DemoClusterDeps = { directory: string; say(text: string): void };
