import type { Config } from './index.ts';

/** Warns that a failover of Redis can lose a step of an elevation that was acknowledged. */
export function warnOfLostSteps({
  sessions,
  elevations,
}: Pick<Config, 'sessions' | 'elevations'>): { path: string; message: string; hint: string }[] {
  if (!('redis' in sessions) || sessions.mode === 'single' || elevations.length === 0) return [];
  if (sessions.waitForReplicas !== undefined) return [];
  return [
    {
      path: 'sessions.waitForReplicas',
      message:
        'is missing: a failover of Redis can lose what the new master does not have yet, and so bring back a revoked elevation',
      hint: 'add waitForReplicas: {count: 1, timeout: 500ms}',
    },
  ];
}
