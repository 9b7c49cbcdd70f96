import { isThroughNode } from './is-through-node.ts';

/** What of a request decides; an absent group is the core group, and an absent subresource none. */
export type AskedOfCreate = {
  apiGroup?: string | undefined;
  resource?: string | undefined;
  subresource?: string | undefined;
  verb?: string | undefined;
  requestVerb?: string | undefined;
  upsert?: boolean | undefined;
  upgrade?: boolean | undefined;
};

/**
 * True for what is judged as a create as well as by its own verb: the kubelet runs commands for a GET, an upgrade
 * carries data both ways, and an upsert creates.
 */
export function isAuthorizedAsCreate(asked: AskedOfCreate): boolean {
  const { verb, subresource, requestVerb, upsert, upgrade } = asked;
  if (verb === 'create') return false;
  return (
    upsert === true ||
    (upgrade === true && (subresource === 'proxy' || requestVerb === 'proxy')) ||
    isThroughNode(asked)
  );
}
