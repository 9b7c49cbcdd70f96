import type { KubeObject } from '../objects/kube-object.ts';

const interval = 10_000;
// A pod that has run for a year no longer has the log of its first day.
const kept = 200;

/** Returns the lines that a simulated web server wrote since the pod started, each with its time in milliseconds. */
export function logLines(pod: KubeObject, container: string, now: number): { at: number; text: string }[] {
  const start = Date.parse(pod.metadata.creationTimestamp ?? '') || now;
  const boot = [
    `this is a practice cluster: ${pod.metadata.name}/${container} does not really run`,
    `starting ${container}`,
    'listening on :8080',
  ].map((text) => ({ at: start, text }));
  const due = Math.max(0, Math.floor((now - start) / interval));
  const first = Math.max(1, due - kept + 1);
  const access = Array.from({ length: due - first + 1 }, (_, index) => ({
    at: start + (first + index) * interval,
    text: accessLine(first + index),
  }));
  return [...boot, ...access];
}

/** Returns a line of a simulated access log. */
export function accessLine(number: number): string {
  return `10.244.0.1 "GET /healthz HTTP/1.1" 200 ${number}`;
}
