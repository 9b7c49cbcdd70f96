let count = 0;

/** Counts its calls. */
export function next() {
  count += 1;
  return count;
}
