import type { Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { lazily, withExample, withGateway, withList, withPage } from './command-kit.ts';

const statusHelp = `
The exit code is 0 if you are logged in, 3 if you are not, and 4 if the gateway cannot be reached.`;

/** `sallyport status`. */
export function addStatus(program: Command, environment: Environment): void {
  const command = program
    .command('status')
    .description('show who you are, where and until when, what you can reach, and what to do next')
    .action(
      lazily(
        environment,
        async () => (await import('../status/show-status.ts')).showStatus,
        () => '/',
      ),
    );
  withPage(withGateway(command)).addHelpText('after', statusHelp);
  withExample(command, 'sallyport status', 'sallyport status -o json');
}

const doctorHelp = `
It checks this program, kubectl, where logins are kept, the way to the gateway (name, connection, certificate, proxy),
the clocks, your login, your kubeconfig, and with one request each, your clusters or the cluster of --context. What
cannot be checked because an earlier check failed is left out. It prints no secret. The exit code
is 0 if nothing failed, and otherwise 1.`;

/** `sallyport doctor`. */
export function addDoctor(program: Command, environment: Environment): void {
  const command = program
    .command('doctor')
    .description('check everything between this machine and a working kubectl, and say what to do')
    .action(lazily(environment, async () => (await import('../doctor/run-doctor.ts')).doctor));
  withGateway(command).addHelpText('after', doctorHelp);
  withExample(
    command,
    'sallyport doctor',
    'sallyport doctor --gateway gate.example.com:8443',
    'sallyport doctor --context sallyport-dev -o json',
  );
}

/** `sallyport whoami`. */
export function addWhoami(program: Command, environment: Environment): void {
  const command = program
    .command('whoami')
    .description('show how the gateway identifies you')
    .action(lazily(environment, async () => (await import('../status/whoami.ts')).whoami));
  withExample(withGateway(command), 'sallyport whoami -o json');
}

/** `sallyport clusters`. */
export function addClusters(program: Command, environment: Environment): void {
  const command = program
    .command('clusters')
    .description('list the clusters behind the gateway')
    .action(
      lazily(
        environment,
        async () => (await import('../status/whoami.ts')).listClusters,
        () => '/',
      ),
    );
  withExample(withPage(withList(command)), 'sallyport clusters', 'sallyport clusters -o name');
}

/** `sallyport version`. */
export function addVersion(program: Command, environment: Environment): void {
  const command = program
    .command('version')
    .description('show the versions of this program and of the gateway')
    .option('--client', 'only the version of this program; do not ask the gateway')
    .action(lazily(environment, async () => (await import('../status/show-version.ts')).showVersion));
  withExample(withGateway(command), 'sallyport version', 'sallyport version --client -o json');
}
