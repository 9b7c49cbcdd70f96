/** RFC 3339 with microseconds, as Kubernetes writes metav1.MicroTime. `ms` is milliseconds since the epoch and may have a fraction. */
export function microTime(ms: number): string {
  const whole = Math.floor(ms);
  const micros = Math.floor((ms - whole) * 1000);
  return `${new Date(whole).toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
}
