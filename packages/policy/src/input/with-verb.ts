import { inherit } from './inherit.ts';
import type { PolicyInput } from './policy-input.ts';

/**
 * A request under another verb than its own. What it reaches stays what it was: that goes by the verb of the API
 * server, which is kept.
 */
export function withVerb(input: PolicyInput, verb: string): PolicyInput {
  const { kubernetes } = input;
  if (kubernetes == null) return input;
  return inherit(input, {
    kubernetes: inherit(kubernetes, { verb, requestVerb: kubernetes.requestVerb || kubernetes.verb || '' }),
  });
}
