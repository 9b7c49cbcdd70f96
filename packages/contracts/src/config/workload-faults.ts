import { namesOwner, publicIssuer } from './public-issuers.ts';

type WorkloadSettings = {
  issuer?: string | undefined;
  serviceAccounts?: { cluster: string } | undefined;
  spiffe?: { trustDomain: string } | undefined;
  jwksUri?: string | null | undefined;
  caFile?: string | null | undefined;
  match: Record<string, string | boolean | string[]>;
};
type Fault = { path: string[]; message: string };

const sources = ['issuer', 'serviceAccounts', 'spiffe'] as const;

function* sourceFaults(workload: WorkloadSettings): Generator<Fault> {
  const given = sources.filter((name) => workload[name] !== undefined);
  if (given.length === 0) yield { path: ['issuer'], message: 'is missing: give an issuer, serviceAccounts or spiffe' };
  if (given.length > 1) yield { path: [given[1]!], message: `is of no use with ${given[0]}; remove one of the two` };
  if (workload.spiffe !== undefined && workload.jwksUri == null)
    yield { path: ['jwksUri'], message: 'is missing: spiffe needs the address of the keys of the trust domain' };
  if (workload.serviceAccounts === undefined) return;
  for (const name of ['jwksUri', 'caFile'] as const)
    if (workload[name] != null)
      yield { path: [name], message: 'is of no use with serviceAccounts: the gateway asks the cluster itself' };
}

const patternsOf = (value: string | boolean | string[]) => (typeof value === 'boolean' ? [] : [value].flat());

function* matchFaults({ issuer, match }: WorkloadSettings): Generator<Fault> {
  const claims = Object.keys(match);
  if (claims.length === 0) {
    yield { path: ['match'], message: 'is empty, so every token of the issuer would match; name at least one claim' };
    return;
  }
  const known = publicIssuer(issuer);
  if (!known) return;
  const owners = claims.filter((claim) => known.owners.includes(claim));
  if (!owners.some((claim) => patternsOf(match[claim]!).length > 0 && patternsOf(match[claim]!).every(namesOwner)))
    yield {
      path: ['match'],
      message: `must say whose jobs match, because anyone can get tokens of ${known.name}: one of ${known.owners.slice(0, 3).join(', ')} without * in the name of the owner`,
    };
}

/** Returns the faults in the settings of one workload that depend on each other. */
export function faultsOfWorkload(workload: WorkloadSettings): Fault[] {
  return [...sourceFaults(workload), ...matchFaults(workload)];
}
