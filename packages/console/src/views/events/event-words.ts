import type { AuditRow } from '@sallyport/contracts/answers';

/** Returns a member of an event, however deep; undefined if it is not there. */
const valueAt = ({ data }: Pick<AuditRow, 'data'>, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? (value as Record<string, unknown>)[name]
          : undefined,
      data,
    );

/** Returns a member of an event as text, empty if it is not there. */
export function textAt(row: Pick<AuditRow, 'data'>, path: string): string {
  const value = valueAt(row, path);
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(String).join(', ');
  return JSON.stringify(value);
}

/** Names the object of a request, or its path. */
export function objectOf(row: Pick<AuditRow, 'data'>): string {
  const of = (name: string) => textAt(row, `objectRef.${name}`);
  if (of('resource') === '') return textAt(row, 'requestURI');
  const sub = of('subresource');
  const name = of('name');
  const space = of('namespace');
  return `${of('resource')}${name === '' ? '' : `/${name}`}${sub === '' ? '' : `/${sub}`}${space === '' ? '' : ` -n ${space}`}`;
}

/** Names the cluster or the web application of an event. */
export const clusterOf = (row: Pick<AuditRow, 'data'>): string =>
  textAt(row, 'sallyport.cluster.name') || textAt(row, 'sallyport.cluster.id') || textAt(row, 'sallyport.route');

/** Returns the position and the name of the rule that decided. */
export function ruleOf(row: Pick<AuditRow, 'data'>): string {
  const [rule, name] = [textAt(row, 'sallyport.decision.rule'), textAt(row, 'sallyport.decision.ruleName')];
  return name === '' ? rule : `${name} (${rule})`;
}
