type Asked = {
  apiGroup?: string | undefined;
  resource?: string | undefined;
  subresource?: string | undefined;
  verb?: string | undefined;
  requestVerb?: string | undefined;
};

/**
 * True if the request goes through a node's kubelet, which serves the pods of every namespace and runs commands in
 * them; the old way of proxying has it in the verb.
 */
export function isThroughNode({ apiGroup, resource, subresource, verb, requestVerb }: Asked): boolean {
  return resource === 'nodes' && !apiGroup && (subresource === 'proxy' || verb === 'proxy' || requestVerb === 'proxy');
}
