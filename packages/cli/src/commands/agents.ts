import type { Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { collectEach, lazily, listFormats, withExample, withGateway, withList } from './command-kit.ts';

/** `sallyport agent create`. */
function addAgentCreate(agent: Command, environment: Environment): void {
  const command = agent
    .command('create')
    .description(
      'create a credential for a tool or an AI agent, which may do a part of what you may, and ends with your login',
    )
    .argument('[name]', 'what you call it: small letters, digits and dashes')
    .option('--cluster <names>', 'a cluster that it may use; can be repeated', collectEach)
    .option('--read', 'it may get, list and watch, also logs')
    .option('--verb <names>', 'a verb that it may use, such as patch; can be repeated', collectEach)
    .option('--namespace <names>', 'only in this namespace; can be repeated (default: all)', collectEach)
    .option('--secrets', 'also Secrets, with its verbs')
    .option('--shell', 'also exec, attach, port-forward, proxies and everything else equivalent to a shell')
    .option('--for <time>', 'for how long, such as 8h; at most until your login ends')
    .option('--out <file>', 'write the token to this new file, readable only by you, instead of showing it')
    .option('--kubeconfig <file>', 'write a kubeconfig with the token to this new file, readable only by you')
    .action(lazily(environment, async () => (await import('../agents/create-agent.ts')).createAgent));
  withExample(
    withGateway(command),
    'sallyport agent create review-bot --read --cluster dev --namespace shop --for 8h --kubeconfig bot.yaml',
    'sallyport agent create fixer --read --verb patch --cluster dev --namespace shop --for 1h --out token',
  );
}

/** `sallyport agent create|list|revoke`. */
export function addAgent(program: Command, environment: Environment): void {
  const agent = program.command('agent').description('give tools and AI agents a part of what you may do');
  addAgentCreate(agent, environment);
  const listing = agent
    .command('list')
    .description('list your agents')
    .option('--all', 'include all users, if the gateway allows it')
    .action(lazily(environment, async () => (await import('../agents/agents.ts')).listAgents));
  withExample(withList(listing), 'sallyport agent list', 'sallyport agent list --all -o wide');
  const revoking = agent
    .command('revoke')
    .description('end agents at once, and their open streams within a second')
    .argument('<agent...>', 'names of your agents, or ids from "agent list", or their first characters')
    .action(lazily(environment, async () => (await import('../agents/agents.ts')).revokeAgents));
  withExample(withGateway(revoking), 'sallyport agent revoke review-bot');
  withExample(
    agent,
    'sallyport agent create review-bot --read --cluster dev --namespace shop --for 8h --kubeconfig bot.yaml',
    'sallyport agent list',
    'sallyport agent revoke review-bot',
  );
}

/** `sallyport service-account names|release|seed-names`. */
function addNameCommands(account: Command, environment: Environment): void {
  const listing = account
    .command('names')
    .description('list the names that belong to you, those of accounts that have ended included')
    .option('--all', 'include those of all holders, if the gateway allows it')
    .action(lazily(environment, async () => (await import('../agents/account-names.ts')).listNames));
  withExample(withList(listing), 'sallyport service-account names');
  const releasing = account
    .command('release')
    .description('free names that no account has any more, so that anyone can create one with them')
    .argument('<name...>', 'names from "service-account names"')
    .action(lazily(environment, async () => (await import('../agents/account-names.ts')).releaseNames));
  withExample(withGateway(releasing), 'sallyport service-account release deployer');
  const seeding = account
    .command('seed-names')
    .description('give the names in the audit trail to those who first had them, once after an upgrade')
    .action(lazily(environment, async () => (await import('../agents/account-names.ts')).seedNames));
  withExample(withGateway(seeding, listFormats), 'sallyport service-account seed-names');
}

/** `sallyport service-account create|list|revoke`, and the commands of names. */
export function addServiceAccount(program: Command, environment: Environment): void {
  const account = program.command('service-account').description('give programs an identity of their own, with an end');
  const creating = account
    .command('create')
    .description('create a service account, and show its token once')
    .argument('<name>', 'what it is called: small letters, digits and dashes')
    .option('--groups <names>', 'its groups, from your own; can be repeated', collectEach)
    .option('--for <time>', 'for how long, such as 90d; at most a year')
    .option('--out <file>', 'write the token to this new file, readable only by you, instead of showing it')
    .action(lazily(environment, async () => (await import('../agents/service-accounts.ts')).createServiceAccount));
  withExample(withGateway(creating), 'sallyport service-account create deployer --groups ci --for 90d --out token');
  const listing = account
    .command('list')
    .description('list the service accounts that you have made')
    .option('--all', 'include those of all makers, if the gateway allows it')
    .option('--unused <time>', 'only those that were not used for this long, such as 30d')
    .action(lazily(environment, async () => (await import('../agents/service-accounts.ts')).listServiceAccounts));
  withExample(withList(listing), 'sallyport service-account list --all --unused 30d');
  const revoking = account
    .command('revoke')
    .description('end service accounts at once, and their open streams within a second')
    .argument('<service-account...>', 'names, or ids from "service-account list", or their first characters')
    .action(lazily(environment, async () => (await import('../agents/service-accounts.ts')).revokeServiceAccounts));
  withExample(withGateway(revoking), 'sallyport service-account revoke deployer');
  addNameCommands(account, environment);
  withExample(
    account,
    'sallyport service-account create deployer --groups ci --for 90d',
    'sallyport service-account list',
  );
}
