// Compares two versions of a JSON Schema. Events are kept for years, and consumers are not upgraded together with the
// gateway, so a newer version may only add optional members: events of the newer version satisfy the older schema, and
// events of the older version the newer one.
import { isDeepStrictEqual } from 'node:util';

const annotations = new Set(['$id', 'title', 'description', 'examples']);
const compared = new Set(['properties', 'required', 'items']);

function changedKeywords(older, newer, path) {
  return [...new Set([...Object.keys(older), ...Object.keys(newer)])]
    .filter((keyword) => !annotations.has(keyword) && !compared.has(keyword))
    .filter((keyword) => keyword !== 'additionalProperties' || typeof older[keyword] !== 'object')
    .filter((keyword) => !isDeepStrictEqual(older[keyword], newer[keyword]))
    .map((keyword) => `${path}: ${keyword} has changed`);
}

function changedRequirements(older, newer, path) {
  const [before, after] = [older.required ?? [], newer.required ?? []];
  return [
    ...before.filter((name) => !after.includes(name)).map((name) => `${path}.${name}: may be missing now`),
    ...after.filter((name) => !before.includes(name)).map((name) => `${path}.${name}: older events may lack it`),
  ];
}

function changedParts(older, newer, path) {
  const parts = Object.entries(older.properties ?? {}).map(([name, part]) => [
    `${path}.${name}`,
    part,
    newer.properties?.[name],
  ]);
  if (older.items) parts.push([`${path}[]`, older.items, newer.items]);
  if (typeof older.additionalProperties === 'object')
    parts.push([`${path}.*`, older.additionalProperties, newer.additionalProperties]);
  return parts.flatMap(([name, before, after]) =>
    typeof after === 'object' ? breakingChanges(before, after, name) : [`${name}: has been removed`],
  );
}

/** Returns what consumers of the older version would stumble over, by path. */
export function breakingChanges(older, newer, path = '$') {
  return [
    ...changedKeywords(older, newer, path),
    ...changedRequirements(older, newer, path),
    ...changedParts(older, newer, path),
  ];
}
