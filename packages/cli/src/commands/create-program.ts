import { sallyportVersion } from '@sallyport/contracts/version';
import { Command } from 'commander';
import { addAgent, addServiceAccount } from './agents.ts';
import { addAttack } from './attack.ts';
import { addAudit } from './audit.ts';
import { addCanI } from './can-i.ts';
import { addCluster } from './cluster.ts';
import { addCompletion } from './completion.ts';
import { addConfig } from './config.ts';
import { addConnector } from './connector.ts';
import { addElevate, addElevations, addNotifications } from './elevations.ts';
import { addExecCredential, addKubeconfig } from './kubeconfig.ts';
import { addLogin, addLogout } from './login.ts';
import { addMcp } from './mcp.ts';
import { addPolicy } from './policy.ts';
import { addRecordings } from './recordings.ts';
import { addServe } from './serve.ts';
import { addSessions } from './sessions.ts';
import { addClusters, addDoctor, addStatus, addVersion, addWhoami } from './status.ts';
import { addSupportBundle } from './support-bundle.ts';
import { addUpgrade } from './upgrade.ts';
import { exitCodes, exitMeanings, type ExitName } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';

const exitTable = Object.entries(exitMeanings)
  .map(([name, meaning]) => `  ${String(exitCodes[name as ExitName]).padEnd(2)} ${name.padEnd(14)} ${meaning}`)
  .join('\n');

/** Adds `-v` to every command that does something. */
function addVerbosity(program: Command, environment: Environment): void {
  const addTo = (command: Command): void => {
    if (command.commands.length > 0) return command.commands.forEach(addTo);
    command.option(
      '-v, --verbose',
      'say on standard error what is asked of whom, and how long it takes; -vv says more',
      (_given, before: number) => before + 1,
      0,
    );
  };
  addTo(program);
  program.hook('preAction', (_program, command) => {
    environment.verbosity = command.opts<{ verbose: number }>().verbose;
  });
}

/** Creates the command parser. It throws a CommanderError for a wrong command line, and does not end the process. */
export function createProgram(environment: Environment): Command {
  const program = new Command('sallyport')
    .description('Reach Kubernetes clusters through a Sallyport gateway, with the identity that you already have.')
    .version(sallyportVersion, '-V, --version')
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: (text) => environment.stdout.write(text),
      // Only the help of a group without a command comes here: as an answer, not as an error.
      writeErr: (text) => environment.stdout.write(text),
      // See describeUsageError.
      outputError: () => {},
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText(
      'after',
      `
Example:
  sallyport login gate.example.com:8443
  sallyport kubeconfig --merge
  kubectl --context sallyport-dev get pods

Exit codes:
${exitTable}

Your credentials are stored in ~/.config/sallyport, or in the directory that SALLYPORT_HOME names. With
SALLYPORT_KEYRING=1, the token is in the keyring of your system. HTTPS_PROXY and NO_PROXY name a proxy.`,
    );
  for (const add of [
    addLogin,
    addLogout,
    addStatus,
    addDoctor,
    addWhoami,
    addClusters,
    addKubeconfig,
    addCanI,
    addAgent,
    addServiceAccount,
    addElevate,
    addElevations,
    addNotifications,
    addExecCredential,
    addMcp,
    addAttack,
    addAudit,
    addSessions,
    addRecordings,
    addPolicy,
    addCluster,
    addConfig,
    addServe,
    addConnector,
    addSupportBundle,
    addCompletion,
    addUpgrade,
    addVersion,
  ])
    add(program, environment);
  addVerbosity(program, environment);
  return program;
}
