/**
 * Returns the letters and digits of a header name, in lower case. Two names with the same ones can be one variable for a
 * server: CGI and its heirs write `X-Forwarded-Email`, `x_forwarded.email` and `X_FORWARDED_EMAIL` alike (CVE-2025-64484).
 */
export function plainHeaderName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
