/** What can change while it is shown. */
const changing = ['streams', 'sessions', 'elevations', 'policy', 'clusters'] as const;
export type Changing = (typeof changing)[number];

/** How often each has changed, as far as the page knows. */
export type Changes = Readonly<Record<Changing, number>>;

export const noChanges: Changes = { streams: 0, sessions: 0, elevations: 0, policy: 0, clusters: 0 };

/** Counts a change of some of them, or of all. */
export const afterChange = (before: Changes, what: readonly string[] = changing): Changes => ({
  ...before,
  ...Object.fromEntries(changing.filter((one) => what.includes(one)).map((one) => [one, before[one] + 1])),
});
