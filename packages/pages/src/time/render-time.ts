import { html, type Html } from '../markup/html.ts';

/** The script that shows times in the time zone of the reader. Pages with a `<time>` element include it. */
export const localTimes = `for(const t of document.querySelectorAll("time"))t.textContent=new Date(t.dateTime).toLocaleString("en-GB",{year:"numeric",month:"short",day:"numeric",hour:"2-digit",minute:"2-digit",timeZoneName:"short"})`;

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** Returns how far a time is from now, in words: "in 12 hours", "3 minutes ago". */
export function relativeTime(at: number, now: number): string {
  const distance = at - now;
  for (const [unit, length] of units) {
    // From one and a half on, so that 90 minutes are not called one hour.
    if (Math.abs(distance) >= length * 1.5 || (unit === 'minute' && Math.abs(distance) >= 30_000))
      return new Intl.RelativeTimeFormat('en').format(Math.round(distance / length), unit);
  }
  return distance > 0 ? 'in a few seconds' : 'a few seconds ago';
}

const utc = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });

/**
 * Renders a time (epoch milliseconds) in UTC and relative to `now`. Where scripts run, `localTimes` replaces the first
 * with the time of the reader.
 */
export function renderTime(at: number, now: number): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${utc.format(at)} UTC</time> (${relativeTime(at, now)})`;
}
