import type { Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { withExample } from './command-kit.ts';
import { addPolicyEval } from './policy-eval.ts';
import { addPolicyExplain } from './policy-explain.ts';
import { addPolicyLint } from './policy-lint.ts';
import { addPolicyReload } from './policy-reload.ts';
import { addPolicyReplay } from './policy-replay.ts';
import { addPolicyStatus } from './policy-status.ts';
import { addPolicyTest } from './policy-test.ts';

/** `sallyport policy ...`. Each subcommand has its own file. */
export function addPolicy(program: Command, environment: Environment): void {
  const policy = program.command('policy').description('check, test and explain policies');
  addPolicyLint(policy, environment);
  addPolicyTest(policy, environment);
  addPolicyEval(policy, environment);
  addPolicyExplain(policy, environment);
  addPolicyReplay(policy, environment);
  addPolicyStatus(policy, environment);
  addPolicyReload(policy, environment);
  withExample(
    policy,
    'sallyport policy lint sallyport.yaml',
    'sallyport policy test policies/*.test.yaml',
    'sallyport policy explain exec pods/web -n dev --cluster dev',
    'sallyport policy status',
  );
}
