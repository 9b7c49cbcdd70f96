import type { Environment } from '../../environment/environment.ts';
import { policiesOfConfig } from '../load/policies-of-config.ts';
import type { PolicyTools } from '../../config/policy-tools.ts';
import { readPolicy } from '../load/read-policy.ts';
import { refuseFaults } from '../load/refuse-faults.ts';
import type { Proposal } from './replayer.ts';

/** The proposal: a whole configuration, or one policy that replaces all policies of a cluster. */
export type ProposalOptions = { config: string } | { policy: string; cluster: string };

/** Reads the proposal. Faults end the command. */
export function readProposal(environment: Environment, options: ProposalOptions, tools: PolicyTools): Proposal {
  if ('policy' in options) {
    const { policy } = readPolicy(environment, options.policy, `cluster/${options.cluster}`, tools);
    const policies = [policy];
    return { policiesFor: (cluster) => (cluster === options.cluster ? policies : 'other'), refusesUser: () => false };
  }
  const read = policiesOfConfig(environment, options.config, tools);
  if (!read.ok) return refuseFaults(environment, read.file, read.faults, tools);
  const { policies } = read;
  return {
    policiesFor: (cluster, namespace) => policies.of(cluster, namespace) ?? 'absent',
    refusesUser: policies.refusesUser,
  };
}
