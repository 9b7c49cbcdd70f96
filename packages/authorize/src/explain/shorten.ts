const maxLength = 2000;

/** Returns a value for an explanation: unchanged, or the beginning of its JSON if that is long. */
export function shorten(value: unknown): unknown {
  const json = JSON.stringify(value);
  return json === undefined || json.length <= maxLength ? value : `${json.slice(0, maxLength).toWellFormed()}...`;
}
