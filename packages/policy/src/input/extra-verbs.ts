import { isAuthorizedAsCreate } from '@sallyport/contracts';
import type { KubernetesInput } from './policy-input.ts';

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
