/** For how long the rules look back, and for how long a test lets them. Each is many times the interval of a scrape. */
const windows: Record<string, string> = {
  '5m': '15s',
  '10m': '20s',
  '30m': '25s',
  '1h': '30s',
  '6h': '40s',
  '1d': '30s',
};

/**
 * Returns the text of a rule file in which only times are shorter, so that a test sees in seconds what takes hours:
 * the windows of queries, and how long something must last (`for`), which becomes two seconds. What is compared with
 * what stays as it is, such as the age of an event in seconds.
 */
export function quickenRules(rules: string): string {
  return rules
    .replaceAll(/\[(\w+)\]/g, (_all, window: string) => {
      const shorter = windows[window];
      if (shorter === undefined) throw new Error(`quicken-rules.ts has no shorter window for [${window}]`);
      return `[${shorter}]`;
    })
    .replaceAll(/^( +for:) \d+[smhd]$/gm, '$1 2s');
}
