import { fieldOf } from '../../input/untrusted.ts';

const hidden = '(hidden)';
const tooDeep = '(too deep)';
const maxDepth = 60;

// Copies of the whole object, which say everything twice. They would also contain what is hidden below.
const copies: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'objectset.rio.cattle.io/applied',
  'kapp.k14s.io/original',
]);
const isCopy = (name: string) => copies.has(name) || name.endsWith('/last-applied-configuration');

/** What may be shown. Without `environment`, the values of environment variables are hidden. */
type Shown = { environment: boolean };

const entriesOf = (value: object) => Object.entries(value as Record<string, unknown>);

const hideValues = (value: unknown) =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(entriesOf(value).map(([name]) => [name, hidden]))
    : hidden;

const isSecret = (value: object) => {
  const [apiVersion, kind] = [fieldOf(value, 'apiVersion'), fieldOf(value, 'kind')];
  return kind === 'Secret' && (apiVersion === 'v1' || apiVersion === undefined);
};

const isPlain = (value: unknown) =>
  value !== '' && value !== null && ['string', 'number', 'boolean'].includes(typeof value);

/** Hides the value of an environment variable: `{name, value}` in a list called `env`. References stay. */
const hideVariable = (value: unknown) =>
  isPlain(fieldOf(value, 'value')) ? { ...(value as object), value: hidden } : value;

/** Hides the values of environment variables: of a list, or of the map that some custom resources have. */
function hideVariables(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideVariable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(entriesOf(value).map(([name, one]) => [name, isPlain(one) ? hidden : one]));
}

function cleanField(owner: object, name: string, value: unknown, shown: Shown, depth: number): unknown {
  if ((name === 'data' || name === 'stringData') && isSecret(owner)) return hideValues(value);
  if (name === 'annotations' && typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.fromEntries(entriesOf(value).filter(([key]) => !isCopy(key)));
  const cleaned = clean(value, shown, depth);
  return name === 'env' && !shown.environment ? hideVariables(cleaned) : cleaned;
}

function clean(value: unknown, shown: Shown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth) return tooDeep;
  if (Array.isArray(value)) return value.map((one) => clean(one, shown, depth + 1));
  return Object.fromEntries(
    entriesOf(value)
      .filter(([name]) => name !== 'managedFields')
      .map(([name, one]) => [name, cleanField(value, name, one, shown, depth + 1)]),
  );
}

/**
 * Returns an object of a cluster without what no reader needs or should have: managed fields, copies of the object in
 * annotations, the values of a Secret, and unless they are to be shown, the values of environment variables.
 */
export function cleanObject(object: unknown, shown: Shown): unknown {
  return clean(object, shown, 0);
}

/** Returns a part of an object by the names that lead to it, such as `spec.containers.0.image`, or undefined. */
export function selectField(object: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        Array.isArray(value) ? (/^\d{1,6}$/.test(name) ? value[Number(name)] : undefined) : fieldOf(value, name),
      object,
    );
}
