/**
 * Lines (by their number) that must not stand in a cache that is served from; the sh front and the program judge alike.
 */
export const hostileLines: readonly [number, string][] = [
  [0, 'sallyport-exec-cache-2'],
  [1, 'https://other.example.com'],
  [1, ''],
  [2, 'boot:00000000-0000-0000-0000-000000000000'],
  [2, 'epoch'],
  [3, ''],
  [3, '9999999999999999999999'],
  [3, '0x7fffffff'],
  [3, '010'],
  [3, '1 2'],
  [3, '$(touch pwned)'],
  [4, '-1'],
  [4, 'a[$(touch pwned)]'],
  [4, '`touch pwned`'],
  [4, '1; touch pwned'],
];

/** The same for the time of the last use. */
export const hostileNumbers: readonly string[] = ['', '999999999999', '-5', '$(touch pwned)', 'now', '1e3', '007'];
