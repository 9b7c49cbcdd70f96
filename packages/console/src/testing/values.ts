export const minute = 60_000;
export const now = Date.now();
/** Returns the time so many minutes ago, in milliseconds since the epoch. */
export const ago = (minutes: number) => now - minutes * minute;
export const iso = (at: number) => new Date(at).toISOString();

/** A name that would be markup, turn the text around, and hide something, if it were not shown as text. */
export const hostile = `"><img src=x onerror=alert(1)><script>alert(2)</script>\u202egnp.exe\u200b`;
