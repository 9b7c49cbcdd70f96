type NodeAttributes = {
  apiGroup?: string | undefined;
  resource?: string | undefined;
  subresource?: string | undefined;
  verb?: string | undefined;
  requestVerb?: string | undefined;
};

/**
 * Reports whether the request goes through a node's kubelet, which serves the pods of every namespace and runs commands
 * in them. The old API for proxying has it in the verb.
 */
export function isThroughNode({ apiGroup, resource, subresource, verb, requestVerb }: NodeAttributes): boolean {
  return resource === 'nodes' && !apiGroup && (subresource === 'proxy' || verb === 'proxy' || requestVerb === 'proxy');
}
