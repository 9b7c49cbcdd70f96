import type { ExecOptions } from './read-exec.ts';
import type { KubeletRequest } from './read-kubelet.ts';
import type { StreamKind } from './stream-kind.ts';

/** What a request asks of the Kubernetes API, as the API server reads it, and the verb that policy decides on. */
export type RequestInfo = {
  method: string;
  isResourceRequest: boolean;
  /**
   * The verb that policy decides on: `create` for exec, attach and port-forward with any method; empty (deny) for a
   * request that the API server itself cannot read.
   */
  verb: string;
  /** The verb that the API server computes and writes to its audit log. */
  requestVerb: string;
  path: string;
  apiPrefix: string;
  apiGroup: string;
  apiVersion: string;
  namespace: string;
  resource: string;
  subresource: string;
  name: string;
  /** Path segments from the resource onwards. */
  parts: readonly string[];
  /** Only for list, watch and deletecollection; empty otherwise. */
  fieldSelector: string;
  labelSelector: string;
  /** The path after `proxy`, with its slash; undefined if nothing is proxied. */
  proxyPath: string | undefined;
  /** True only if the request changes nothing, whatever its body says, and returns nothing secret. */
  dryRun: boolean;
  /** True if an update or patch may also create the object. */
  upsert: boolean;
  /** The kind of long-running exchange, if it is one. */
  stream: StreamKind | undefined;
  longRunning: boolean;
  /** For exec and attach: what to run. */
  exec?: ExecOptions;
  /** For a request through `nodes/proxy` that acts in a pod. */
  kubelet?: KubeletRequest;
  /** For a port-forward, also through the kubelet: the ports in its query, if any. */
  ports?: readonly number[];
};
