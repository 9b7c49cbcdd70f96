import { publicIssuer } from './public-issuers.ts';
import { workloadPrefix, workloadSource } from './workload-names.ts';
import type { WorkloadConfig } from './workload.ts';

type Warning = { path: string; message: string; hint: string };

function* warningsOf(workload: WorkloadConfig, index: number, all: readonly WorkloadConfig[]): Generator<Warning> {
  const { issuer, serviceAccounts, match, audience } = workload;
  const claims = Object.keys(match);
  const known = publicIssuer(issuer);
  if (known && !claims.some((claim) => known.places.includes(claim)))
    yield {
      path: `workloads.${index}.match`,
      message: `matches jobs of every branch, so that anyone who may push a branch can act as this workload`,
      hint: `also match one of ${known.places.join(', ')}`,
    };
  if (serviceAccounts && /^(?:https:\/\/)?kubernetes\.default\b/.test(audience))
    yield {
      path: `workloads.${index}.audience`,
      message: 'is that of the API server, so that the token which every pod has by default is accepted',
      hint: 'choose an audience of your own, and mount a projected token with it',
    };
  const twin = all.slice(0, index).find((other) => workloadPrefix(other) === workloadPrefix(workload));
  if (twin && workloadSource(twin) !== workloadSource(workload))
    yield {
      path: `workloads.${index}.user`,
      message: `begins like the users of ${twin.name}, which have another issuer: policies and clusters cannot tell users with the same name apart`,
      hint: `choose a prefix such as "${workload.name}:"`,
    };
}

/** Warns of workloads that match more tokens than was probably meant. */
export function warnOfWorkloads(workloads: readonly WorkloadConfig[]): Warning[] {
  return workloads.flatMap((workload, index) => [...warningsOf(workload, index, workloads)]);
}
