import type { Manifest } from './manifests.ts';

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const keyOf = (value: unknown) =>
  isFields(value) && typeof value['name'] === 'string' ? value['name'] : JSON.stringify(value);

/** Removes what Kubernetes would fill in, and sorts keys, so that equal objects have equal text. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical).toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)));
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, one]) => !(name === 'protocol' && one === 'TCP'))
      .map(([name, one]) => [name, canonical(one)] as const)
      .toSorted(([a], [b]) => a.localeCompare(b)),
  );
}

/** Returns the fields of an object by their paths. Items of lists are found by their name, or else by their content. */
function fieldsOf(value: unknown, at = ''): [string, string][] {
  if (Array.isArray(value) && value.every((one) => isFields(one) && typeof one['name'] === 'string'))
    return value.flatMap((one) => fieldsOf(one, `${at}[${keyOf(one)}]`));
  if (Array.isArray(value) && value.some((one) => isFields(one)))
    return value.map((one) => [`${at}[]`, JSON.stringify(one)]);
  if (!isFields(value) || Object.keys(value).length === 0) return [[at, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([name, one]) => fieldsOf(one, at === '' ? name : `${at}.${name}`));
}

/** Returns the paths of all fields that two objects do not have in common, each once and sorted. */
export function differingFields(one: Manifest, other: Manifest): string[] {
  const text = (field: [string, string]) => field.join(' = ');
  const [left, right] = [fieldsOf(canonical(one)), fieldsOf(canonical(other))];
  const [inLeft, inRight] = [new Set(left.map(text)), new Set(right.map(text))];
  const differing = [
    ...left.filter((field) => !inRight.has(text(field))),
    ...right.filter((field) => !inLeft.has(text(field))),
  ];
  return [...new Set(differing.map(([at]) => at))].toSorted();
}
