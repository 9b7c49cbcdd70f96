import type { World } from '../../world.ts';
import { policiesOfConfig } from '../policies-of-config.ts';
import type { PolicyTools } from '../policy-tools.ts';
import { readPolicy } from '../read-policy.ts';
import { refuseFaults } from '../refuse-faults.ts';
import type { Proposal } from './replayer.ts';

/** What is proposed, as typed: a whole configuration, or one policy in place of all those of a cluster. */
export type ProposalOptions = { config: string } | { policy: string; cluster: string };

/** Reads what is proposed. Its faults end the command. */
export function readProposal(world: World, options: ProposalOptions, tools: PolicyTools): Proposal {
  if ('policy' in options) {
    const { policy } = readPolicy(world, options.policy, `cluster/${options.cluster}`, tools);
    const policies = [policy];
    return { policiesFor: (cluster) => (cluster === options.cluster ? policies : 'other'), refusesUser: () => false };
  }
  const read = policiesOfConfig(world, options.config, tools);
  if (!read.ok) return refuseFaults(world, read.file, read.faults, tools);
  const { policies } = read;
  return {
    policiesFor: (cluster, namespace) => policies.of(cluster, namespace) ?? 'absent',
    refusesUser: policies.refusesUser,
  };
}
