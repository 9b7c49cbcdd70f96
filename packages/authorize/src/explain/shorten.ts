const longest = 2000;

/** A value for an explanation: as it is, or, where it is long, the beginning of its JSON. */
export function shorten(value: unknown): unknown {
  const json = JSON.stringify(value);
  return json === undefined || json.length <= longest ? value : `${json.slice(0, longest).toWellFormed()}...`;
}
