/**
 * Formats a time for programs: RFC 3339 in UTC with milliseconds. Every time that this program prints is in UTC, so that
 * it can be compared with the logs of the gateway and of the clusters.
 */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}
