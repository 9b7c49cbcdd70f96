let second = Number.NaN;
let head = '';

/**
 * RFC 3339 with microseconds, as Kubernetes writes metav1.MicroTime. `ms` is milliseconds since the epoch and may have
 * a fraction.
 */
export function microTime(ms: number): string {
  const whole = Math.floor(ms / 1000);
  // Date makes this text anew each time, and nearly every time asked for lies in the second of the one before.
  if (whole !== second) [second, head] = [whole, new Date(whole * 1000).toISOString().slice(0, -4)];
  return `${head}${String(Math.min(999_999, Math.floor((ms - whole * 1000) * 1000))).padStart(6, '0')}Z`;
}
