import type { Command } from 'commander';
import type { World } from '../world.ts';
import { withExample } from './command-kit.ts';
import { addPolicyStatus } from './policy-status.ts';

/** `sallyport policy ...`: each line is a subcommand with a file of its own. */
export function addPolicy(program: Command, world: World): void {
  const policy = program.command('policy').description('work on policies');
  addPolicyStatus(policy, world);
  withExample(policy, 'sallyport policy status');
}
