import { inherit } from './inherit.ts';
import type { PolicyInput } from './policy-input.ts';

/**
 * Returns a request with another verb. What it reaches stays the same, because that depends on the verb of the API
 * server, which is kept.
 */
export function withVerb(input: PolicyInput, verb: string): PolicyInput {
  const { kubernetes } = input;
  if (kubernetes == null) return input;
  return inherit(input, {
    kubernetes: inherit(kubernetes, { verb, requestVerb: kubernetes.requestVerb || kubernetes.verb || '' }),
  });
}
