/**
 * Sorts a merged list as a strategic merge patch requires. The elements in `wanted` are in that order, and each other
 * element stays before the first of them that it preceded.
 */
export function orderList(
  merged: readonly unknown[],
  before: readonly unknown[],
  wanted: readonly unknown[],
  identity: (element: unknown) => unknown,
): unknown[] {
  const places = new Map(before.map((element, index) => [identity(element), index]));
  const ranks = new Map(wanted.map((element, index) => [identity(element), index]));
  const named = merged
    .filter((element) => ranks.has(identity(element)))
    .toSorted((a, b) => ranks.get(identity(a))! - ranks.get(identity(b))!);
  const others = merged.filter((element) => !ranks.has(identity(element)));
  const result: unknown[] = [];
  let next = 0;
  for (const element of named) {
    const place = places.get(identity(element));
    while (place !== undefined && next < others.length && (places.get(identity(others[next])) ?? Infinity) < place) {
      result.push(others[next]);
      next += 1;
    }
    result.push(element);
  }
  return [...result, ...others.slice(next)];
}
