import { sallyportVersion } from '@sallyport/contracts/version';
import { Command } from 'commander';
import { addAgent, addServiceAccount } from './agents.ts';
import { addAttack } from './attack.ts';
import { addAudit } from './audit.ts';
import { addCanI } from './can-i.ts';
import { addCluster } from './cluster.ts';
import { addCompletion } from './completion.ts';
import { addConfig } from './config.ts';
import { addElevate, addElevations, addNotifications } from './elevations.ts';
import { addExecCredential, addKubeconfig } from './kubeconfig.ts';
import { addLogin, addLogout } from './login.ts';
import { addMcp } from './mcp.ts';
import { addPolicy } from './policy.ts';
import { addSessions } from './sessions.ts';
import { addClusters, addDoctor, addStatus, addVersion, addWhoami } from './status.ts';
import { exitCodes, exitMeanings, type ExitName } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';

const exitTable = Object.entries(exitMeanings)
  .map(([name, meaning]) => `  ${String(exitCodes[name as ExitName]).padEnd(2)} ${name.padEnd(14)} ${meaning}`)
  .join('\n');

/** Creates the command parser. It throws a CommanderError for a wrong command line, and does not end the process. */
export function createProgram(environment: Environment): Command {
  const program = new Command('sallyport')
    .description('Reach Kubernetes clusters through a Sallyport gateway, with the identity that you already have.')
    .version(sallyportVersion, '-V, --version')
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: (text) => environment.stdout.write(text),
      writeErr: (text) => environment.stderr.write(text),
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
    addPolicy,
    addCluster,
    addConfig,
    addCompletion,
    addVersion,
  ])
    add(program, environment);
  return program;
}
