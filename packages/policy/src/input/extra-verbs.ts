import { isAuthorizedAsCreate } from '@sallyport/contracts';
import type { PolicyInput, KubernetesInput } from './policy-input.ts';

/**
 * Returns an object with the given members that inherits all others. Inherited members are read from the original on
 * access, so that reads of it can be observed. Input of others may have something else in place of an object, which has no
 * members and is returned as it is.
 */
export function inherit<T extends object>(from: T, members: Partial<T>): T {
  if (typeof from !== 'object' || from === null) return from;
  const descriptors: PropertyDescriptorMap = {};
  for (const [name, value] of Object.entries(members)) descriptors[name] = { value, enumerable: true };
  return Object.create(from, descriptors) as T;
}

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

/**
 * A verb as which a request is evaluated in addition to its own. `denyOnly`: only deny rules count, so that it does not
 * need to be allowed.
 */
export type ExtraVerb = { readonly verb: string; readonly denyOnly: boolean };

const none: readonly ExtraVerb[] = [];
const asCreate: ExtraVerb = { verb: 'create', denyOnly: false };
const denyOnly = (...verbs: string[]): readonly ExtraVerb[] => verbs.map((verb) => ({ verb, denyOnly: true }));

const onlyCreate = [asCreate];
// The response to any verb contains the Secret or a list of Secrets. A list reveals what a get does, and a watch what a
// list does. A get does not reveal names.
const ofSecrets: ReadonlyMap<string | undefined, readonly ExtraVerb[]> = new Map([
  ['get', none],
  ['list', denyOnly('get')],
  ['watch', denyOnly('get', 'list')],
]);
const everyRead = denyOnly('get', 'list', 'watch');
const createAndReads = [asCreate, ...everyRead];

/** Returns the verbs as which a request must pass in addition to its own. */
export function extraVerbsOf(kubernetes: KubernetesInput | null | undefined): readonly ExtraVerb[] {
  if (kubernetes == null) return none;
  const create = isAuthorizedAsCreate(kubernetes);
  if (kubernetes.resource !== 'secrets' || kubernetes.apiGroup) return create ? onlyCreate : none;
  return create ? createAndReads : (ofSecrets.get(kubernetes.verb) ?? everyRead);
}
