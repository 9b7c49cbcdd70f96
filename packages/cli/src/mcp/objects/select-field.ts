import { fieldOf } from '../../input/field-of.ts';

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
