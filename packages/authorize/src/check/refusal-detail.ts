import type { Check, Decision } from '@sallyport/contracts';
import { criterionOfReason, type Reason, type UserInput } from '@sallyport/policy';

const maxText = 253;
const maxGroups = 20;

/** Text that came from outside, for a message that ends up in a terminal: short, quoted, no control characters. */
function quote(text: string): string {
  const short = text.length > maxText ? `${text.slice(0, maxText)}...` : text;
  return JSON.stringify(short.toWellFormed()).replace(/[\u007f-\u009f\u2028\u2029]/g, '?');
}

function person(user: string | undefined): string {
  return user !== undefined && /^[\x21-\x7e]{1,253}$/.test(user) ? user : quote(user ?? '');
}

function kubernetesWords({ kubernetes }: Check, cluster: string): string {
  if (!kubernetes) return `use cluster ${quote(cluster)}`;
  const { verb, isResourceRequest, resource, apiGroup, subresource, namespace, name, path } = kubernetes;
  const verbWord = /^[a-z]{1,32}$/.test(verb) ? verb : quote(verb);
  if (!isResourceRequest) return `${verbWord} path ${quote(path)} of cluster ${quote(cluster)}`;
  const what = `${resource}${apiGroup === '' ? '' : `.${apiGroup}`}${subresource === '' ? '' : `/${subresource}`}`;
  const plain = /^[a-z0-9./-]{1,253}$/.test(what) ? what : quote(what);
  return `${verbWord} ${plain}${name === '' ? '' : ` ${quote(name)}`}${namespace === '' ? '' : ` in namespace ${quote(namespace)}`} of cluster ${quote(cluster)}`;
}

function ownValues(criteria: readonly string[], user: UserInput): string[] {
  const values: string[] = [];
  if (criteria.includes('groups')) {
    const groups = user.groups ?? [];
    const more = groups.length > maxGroups ? ` and ${groups.length - maxGroups} more` : '';
    values.push(groups.length === 0 ? 'you are in no group' : `your groups: ${groups.slice(0, maxGroups).map(quote).join(', ')}${more}`);
  }
  if (criteria.includes('email') || criteria.includes('domain')) values.push(user.email === undefined ? 'you have no e-mail address' : `your e-mail address: ${quote(user.email)}`);
  return values;
}

/** Says who was refused what, where and by which rule: the names of the criteria and the caller's own values; what would have helped only where the configuration lets it be told (`explanation`). */
export function refusalDetail(check: Check, decision: Pick<Decision, 'rule' | 'reasons'>, user: UserInput, explanation?: string): string {
  const { target } = check;
  const what = target.kind === 'cluster' ? kubernetesWords(check, target.name) : `use ${target.kind === 'api' ? target.area : 'this'} of others`;
  const criteria = [...new Set(decision.reasons.map((reason) => criterionOfReason(reason as Reason)))].filter((name) => name !== undefined);
  const because = [...(criteria.length === 0 ? [] : [`criteria: ${criteria.join(', ')}`]), ...ownValues(criteria, user), ...(explanation === undefined ? [] : [explanation])];
  return `policy rule "${decision.rule}" does not allow ${person(user.id)} to ${what}${because.length === 0 ? '' : ` (${because.join('; ')})`}`;
}
