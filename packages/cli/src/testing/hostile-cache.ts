/** Lines, by number, with which a cache must not be used, neither by the sh front nor by the program. */
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

/** Times of the last use with which a cache must not be used. */
export const hostileNumbers: readonly string[] = ['', '999999999999', '-5', '$(touch pwned)', 'now', '1e3', '007'];
