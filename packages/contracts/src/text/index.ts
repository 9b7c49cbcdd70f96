// Small words that people write and read, with one meaning everywhere. Depends on nothing.
export { parseBytes } from './bytes.ts';
export { dayMs, durationPattern, formatDuration, hourMs, minuteMs, parseDuration, secondMs } from './duration.ts';
