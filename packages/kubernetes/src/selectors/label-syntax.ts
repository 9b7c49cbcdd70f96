const name = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const subdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** Reports whether a label key is valid: an optional DNS subdomain with a slash, and a name of up to 63 characters. */
export function isLabelKey(key: string): boolean {
  const mark = key.indexOf('/');
  if (mark !== -1 && !isDnsSubdomain(key.slice(0, mark))) return false;
  const last = key.slice(mark + 1);
  return last.length <= 63 && name.test(last);
}

/** Reports whether a label value is valid: empty, or up to 63 characters that begin and end alphanumeric. */
export function isLabelValue(value: string): boolean {
  return value === '' || (value.length <= 63 && name.test(value));
}

/** Reports whether a value is a DNS subdomain (RFC 1123) of up to 253 characters. */
export function isDnsSubdomain(value: string): boolean {
  return value.length <= 253 && subdomain.test(value);
}
