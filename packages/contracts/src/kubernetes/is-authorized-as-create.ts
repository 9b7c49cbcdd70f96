import { isThroughNode } from './is-through-node.ts';

/** The relevant attributes of a request. An absent group is the core group. */
type CreateAttributes = {
  apiGroup?: string | undefined;
  resource?: string | undefined;
  subresource?: string | undefined;
  verb?: string | undefined;
  requestVerb?: string | undefined;
  upsert?: boolean | undefined;
  upgrade?: boolean | undefined;
};

/**
 * Reports whether a request must be allowed as a create in addition to its own verb: the kubelet runs commands for a
 * GET, an upgrade carries data both ways, and an upsert creates.
 */
export function isAuthorizedAsCreate(attributes: CreateAttributes): boolean {
  const { verb, subresource, requestVerb, upsert, upgrade } = attributes;
  if (verb === 'create') return false;
  return (
    upsert === true ||
    (upgrade === true && (subresource === 'proxy' || requestVerb === 'proxy')) ||
    isThroughNode(attributes)
  );
}
