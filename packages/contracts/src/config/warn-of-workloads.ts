import { publicIssuer } from './public-issuers.ts';
import { parseUserTemplate } from './user-template.ts';
import { workloadPrefix, workloadSource } from './workload-names.ts';
import type { WorkloadConfig } from './workload.ts';

type Warning = { path: string; message: string; hint: string };

/** Reports whether jobs can choose the text of a claim, as far as the workload says. */
function isChosen({ match }: WorkloadConfig, claim: string): boolean {
  const expected = match[claim];
  return typeof expected !== 'string' || expected.includes('*');
}

/** Reports whether two claims of a user name can flow into each other, so that different claims give the same name. */
function claimsFlow(workload: WorkloadConfig): boolean {
  const parsed = parseUserTemplate(workload.user);
  if (typeof parsed === 'string') return false;
  let before: string | undefined;
  for (const part of parsed.parts) {
    if (typeof part !== 'string') {
      if (before !== undefined && isChosen(workload, before)) return true;
      before = part.claim;
    } else if (part.includes(':')) before = undefined;
  }
  return false;
}

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
  if (claimsFlow(workload))
    yield {
      path: `workloads.${index}.user`,
      message: 'has two claims without a colon between them, so that different jobs can have the same user name',
      hint: 'put a colon between them: the claim before it must then have none',
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
