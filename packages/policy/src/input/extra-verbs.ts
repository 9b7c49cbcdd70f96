import { isAuthorizedAsCreate } from '@sallyport/contracts';
import type { KubernetesInput } from './policy-input.ts';

/**
 * A verb that a request is judged as beside its own. `denyOnly`: only rules that deny count, so that no right to it is
 * needed.
 */
export type ExtraVerb = { readonly verb: string; readonly denyOnly: boolean };

const none: readonly ExtraVerb[] = [];
const asCreate: ExtraVerb = { verb: 'create', denyOnly: false };
const reads = (...verbs: string[]): readonly ExtraVerb[] => verbs.map((verb) => ({ verb, denyOnly: true }));

const onlyCreate = [asCreate];
// The answer to any verb holds the Secret, or a list of them. A list tells what a get does, and a watch what a list
// does; a get tells no names.
const ofSecrets: ReadonlyMap<string | undefined, readonly ExtraVerb[]> = new Map([
  ['get', none],
  ['list', reads('get')],
  ['watch', reads('get', 'list')],
]);
const everyRead = reads('get', 'list', 'watch');
const createAndReads = [asCreate, ...everyRead];

/** The verbs that a request is judged as beside its own: all of these must pass as well. */
export function extraVerbsOf(kubernetes: KubernetesInput | null | undefined): readonly ExtraVerb[] {
  if (kubernetes == null) return none;
  const create = isAuthorizedAsCreate(kubernetes);
  if (kubernetes.resource !== 'secrets' || kubernetes.apiGroup) return create ? onlyCreate : none;
  return create ? createAndReads : (ofSecrets.get(kubernetes.verb) ?? everyRead);
}
