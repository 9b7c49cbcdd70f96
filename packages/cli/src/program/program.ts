import { Command } from 'commander';
import { sallyportVersion } from '@sallyport/contracts';
import { addAgent } from '../commands/agent.ts';
import { addAttack } from '../commands/attack.ts';
import { addAudit } from '../commands/audit.ts';
import { addCanI } from '../commands/can-i.ts';
import { addCluster } from '../commands/cluster.ts';
import { addClusters } from '../commands/clusters.ts';
import { addCompletion } from '../commands/completion.ts';
import { addConfig } from '../commands/config-check.ts';
import { addDoctor } from '../commands/doctor.ts';
import { addElevate } from '../commands/elevate.ts';
import { addElevations } from '../commands/elevations.ts';
import { addExecCredential } from '../commands/add-exec-credential.ts';
import { addKubeconfig } from '../commands/kubeconfig.ts';
import { addLogin } from '../commands/login.ts';
import { addLogout } from '../commands/logout.ts';
import { addMcp } from '../commands/mcp.ts';
import { addNotifications } from '../commands/notifications.ts';
import { addPolicy } from '../commands/policy.ts';
import { addServiceAccount } from '../commands/service-account.ts';
import { addSessions } from '../commands/sessions.ts';
import { addStatus } from '../commands/status.ts';
import { addVersion } from '../commands/version.ts';
import { addWhoami } from '../commands/whoami.ts';
import { exitCodes, exitMeanings, type ExitName } from '../terminal/exit-codes.ts';
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
