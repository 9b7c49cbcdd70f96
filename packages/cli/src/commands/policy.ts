import type { Command } from 'commander';
import type { World } from '../world.ts';
import { withExample } from './command-kit.ts';
import { addPolicyEval } from './policy-eval.ts';
import { addPolicyExplain } from './policy-explain.ts';
import { addPolicyLint } from './policy-lint.ts';
import { addPolicyReload } from './policy-reload.ts';
import { addPolicyReplay } from './policy-replay.ts';
import { addPolicyStatus } from './policy-status.ts';
import { addPolicyTest } from './policy-test.ts';

/** `sallyport policy ...`: each line is a subcommand with a file of its own. */
export function addPolicy(program: Command, world: World): void {
  const policy = program.command('policy').description('work on policies');
  addPolicyLint(policy, world);
  addPolicyTest(policy, world);
  addPolicyEval(policy, world);
  addPolicyExplain(policy, world);
  addPolicyReplay(policy, world);
  addPolicyStatus(policy, world);
  addPolicyReload(policy, world);
  withExample(
    policy,
    'sallyport policy lint sallyport.yaml',
    'sallyport policy test policies/*.test.yaml',
    'sallyport policy explain exec pods/web -n dev --cluster dev',
    'sallyport policy status',
  );
}
