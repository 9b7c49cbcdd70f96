import { isDeepStrictEqual } from 'node:util';
import type { Identity } from '@sallyport/contracts';

const maxNamed = 20;
const named = (sign: string, groups: readonly string[]) => [
  ...groups.slice(0, maxNamed).map((group) => `${sign}${JSON.stringify(group)}`),
  ...(groups.length > maxNamed ? [`${sign}${groups.length - maxNamed} more`] : []),
];

/**
 * Describes how an identity changed, or returns undefined if it did not. Claims are named without their values.
 */
export function describeChange(before: Identity, after: Identity): string | undefined {
  const [had, has] = [new Set(before.groups), new Set(after.groups)];
  const groups = [
    ...named(
      '+',
      [...has].filter((group) => !had.has(group)),
    ),
    ...named(
      '-',
      [...had].filter((group) => !has.has(group)),
    ),
  ];
  const claims = [...new Set([...Object.keys(before.claims), ...Object.keys(after.claims)])].filter(
    (name) => !isDeepStrictEqual(before.claims[name], after.claims[name]),
  );
  const parts = [
    ...(['user', 'email', 'name'] as const)
      .filter((name) => before[name] !== after[name])
      .map((name) => `${name}: ${JSON.stringify(before[name] ?? null)} to ${JSON.stringify(after[name] ?? null)}`),
    ...(groups.length > 0 ? [`groups: ${groups.join(' ')}`] : []),
    ...(claims.length > 0
      ? [
          `claims: ${claims
            .slice(0, maxNamed)
            .map((name) => JSON.stringify(name.slice(0, 100)))
            .join(', ')}`,
        ]
      : []),
  ];
  return parts.length > 0 ? parts.join('; ') : undefined;
}
