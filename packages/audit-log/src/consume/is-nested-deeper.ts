const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Reports whether a JSON value has more levels of lists and objects than this. It does not recurse, whatever the depth. */
export function isNestedDeeper(value: unknown, levels: number): boolean {
  let inner = [value].filter(isObject);
  for (let level = 1; inner.length > 0; level += 1) {
    if (level > levels) return true;
    inner = inner.flatMap((each) => Object.values(each).filter(isObject));
  }
  return false;
}
