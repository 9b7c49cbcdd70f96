let second = Number.NaN;
let head = '';

/**
 * Formats a time as RFC 3339 with microseconds, like metav1.MicroTime of Kubernetes. `ms` is milliseconds since the
 * epoch and may have a fraction.
 */
export function microTime(ms: number): string {
  const whole = Math.floor(ms / 1000);
  // Formatting a Date is slow, and nearly every call is for the same second as the one before.
  if (whole !== second) [second, head] = [whole, new Date(whole * 1000).toISOString().slice(0, -4)];
  return `${head}${String(Math.min(999_999, Math.floor((ms - whole * 1000) * 1000))).padStart(6, '0')}Z`;
}
