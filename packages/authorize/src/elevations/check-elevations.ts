import type { ConfigFault, LoadedConfig } from '@sallyport/kit';
import { compileGlob } from '@sallyport/policy';
import { createImpersonateRules } from '../policies/impersonate-rules.ts';

/** Reports elevations that could never give what they promise: no cluster, or a group that would not go upstream. */
export function checkElevations({ config, place }: LoadedConfig): ConfigFault[] {
  const passing = config.clusters.map(({ name, impersonate }) => ({
    name,
    rules: createImpersonateRules(impersonate),
  }));
  return config.elevations.flatMap((entry, index) => {
    const fault = (field: string[], message: string, hint: string): ConfigFault => {
      const path = ['elevations', String(index), ...field];
      return { path: path.join('.'), message, hint, ...place(path) };
    };
    const globs = entry.clusters.map(compileGlob);
    const clusters = passing.filter(({ name }) => globs.some((matches) => matches(name)));
    if (clusters.length === 0)
      return [fault(['clusters'], 'matches no cluster', 'name a cluster of "clusters", or a pattern such as prod-*')];
    const held = entry.groups.flatMap((group, at) => {
      const kept = clusters.find(({ rules }) => !rules.mayPassGroup(group));
      if (!kept) return [];
      const hint = group.startsWith('system:') ? 'allowSystem' : 'groups';
      return [
        fault(
          ['groups', String(at)],
          `is not sent to cluster ${kept.name}, whose impersonate settings hold it back`,
          `add ${group} to impersonate.${hint} of the cluster`,
        ),
      ];
    });
    const spool =
      entry.whenAuditUnavailable === 'spool' && !('kafka' in config.audit && config.audit.spool != null)
        ? [fault(['whenAuditUnavailable'], 'needs a spool', 'set audit.spool, or use refuse')]
        : [];
    return [...held, ...spool];
  });
}
