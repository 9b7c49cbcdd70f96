import { html, type Html } from '../markup/html.ts';
import { relativeTime } from './relative-time.ts';

const utc = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });

/**
 * Renders a time (epoch milliseconds) in UTC and relative to `now`. Where scripts run, `localTimes` replaces the first
 * with the time of the reader.
 */
export function renderTime(at: number, now: number): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${utc.format(at)} UTC</time> (${relativeTime(at, now)})`;
}
