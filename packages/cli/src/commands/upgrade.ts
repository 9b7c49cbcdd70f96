import type { Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import type { UpgradeOptions } from '../upgrade/run-upgrade.ts';
import { withExample, withGateway } from './command-kit.ts';

const upgradeHelp = `
The new version comes from the gateway, and no credential is sent there. It is installed only if it is newer, if one of
the keys that are built into this program has signed it, and if it runs on this machine. The old version works until
then. A directory that you may not change, a package that npm did not install globally, and Windows are left to you: the
command says what to type.

The exit code is 0 if there is nothing to do, 4 if the offer cannot be trusted, 5 if there is none for this platform,
7 if you may not change the installation or another upgrade is running, and 1 if this is a development build, if the new
version does not run here, or if the rest is left to you.`;

/** `sallyport upgrade`. */
export function addUpgrade(program: Command, environment: Environment): void {
  const command = program
    .command('upgrade')
    .description('replace this program with a newer, signed version that the gateway offers')
    .argument('[gateway]', 'the gateway, such as gate.example.com; the same as --gateway')
    .option('--check', 'only say whether there is a newer version')
    .option('--yes', 'do not ask')
    .action(async (gateway: string | undefined, options: UpgradeOptions) =>
      (await import('../upgrade/run-upgrade.ts')).upgrade(environment, gateway, options),
    );
  withGateway(command).addHelpText('after', upgradeHelp);
  withExample(
    command,
    'sallyport upgrade',
    'sallyport upgrade gate.example.com --yes',
    'sallyport upgrade --check -o json',
  );
}
