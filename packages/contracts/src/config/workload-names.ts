import type { Config } from './index.ts';
import { parseUserTemplate } from './user-template.ts';
import type { WorkloadConfig } from './workload.ts';

type Fault = { path: string; message: string };

/** Returns the prefix of the user names of a workload. */
export function workloadPrefix({ user }: Pick<WorkloadConfig, 'user'>): string {
  const parsed = parseUserTemplate(user);
  if (typeof parsed === 'string') throw new TypeError(parsed);
  return parsed.prefix;
}

/** Returns the prefixes of all workloads. The user name of a person must not begin with one of them. */
export function workloadPrefixes(workloads: readonly Pick<WorkloadConfig, 'user'>[]): string[] {
  return [...new Set(workloads.map(workloadPrefix))];
}

/** Returns how the issuer of a workload is named where workloads of several issuers must be told apart. */
export function workloadSource({ issuer, serviceAccounts, spiffe }: WorkloadConfig): string {
  return issuer ?? (serviceAccounts ? `cluster/${serviceAccounts.cluster}` : `spiffe://${spiffe!.trustDomain}`);
}

/** Returns the faults of workloads whose users or tokens could be those of people. */
export function faultsOfWorkloadNames({
  workloads,
  identity: { providers },
}: Pick<Config, 'workloads' | 'identity'>): Fault[] {
  return workloads.flatMap((workload, index) => {
    const prefix = workloadPrefix(workload);
    const faults: Fault[] = [];
    for (const { id, prefix: own, userFallback, issuer, clientId, audiences } of providers) {
      if (own.user.startsWith(prefix) || (userFallback && `${id}:` === prefix))
        faults.push({
          path: `workloads.${index}.user`,
          message: `begins with ${prefix}, as do the users of the identity provider ${id}; choose another prefix`,
        });
      // The ID token of a person would be accepted as that of a machine.
      if (issuer === workload.issuer?.replace(/\/+$/, '') && [clientId, ...audiences].includes(workload.audience))
        faults.push({
          path: `workloads.${index}.audience`,
          message: `is a client ID of the identity provider ${id}, so that ID tokens of people would match; choose another audience`,
        });
    }
    return faults;
  });
}
