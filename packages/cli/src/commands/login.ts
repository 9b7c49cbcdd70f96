import type { Command } from 'commander';
import type { Environment } from '../environment/environment.ts';
import { withExample, withGateway, lazily } from './command-kit.ts';

/** `sallyport login`. */
export function addLogin(program: Command, environment: Environment): void {
  const command = program
    .command('login')
    .description('log in through your browser, on this or another machine')
    .argument('[gateway]', 'the gateway, such as gate.example.com; the same as --gateway')
    .option('--ca-file <file>', "PEM file of the CA that signed the gateway's certificate; remembered for this gateway")
    .option(
      '--ca-fingerprint <sha256>',
      'instead of --ca-file: the SHA-256 fingerprint of that CA, which the program then gets from the gateway',
    )
    .option('--force', 'log in anew, even if you are logged in')
    .option('--no-browser', 'do not open a browser: print the address of the page, and accept a pasted code')
    .option('--device', 'log in with a code that you approve in a browser on any machine')
    .option('--cluster <name>', 'with --device: the cluster that you want to use, shown when you approve')
    .option(
      '--max-age <time>',
      'authenticate again at your identity provider, unless you did within this time (5m, 0s)',
    )
    .option('--acr <class...>', 'authenticate with one of these context classes, which a policy may require')
    .option(
      '--provider [name]',
      'log in with this identity provider, also next time; without a name, choose on the page',
    )
    .option('--login-hint <name>', 'your user name, to choose the right provider and fill in its form')
    .option('--timeout <seconds>', 'how long to wait for you to log in', '300')
    .action(lazily(environment, async () => (await import('../login/log-in.ts')).logIn));
  withExample(
    withGateway(command),
    'sallyport login gate.example.com',
    'sallyport login --device gate.example.com:8443',
    'sallyport login --max-age 5m --acr phr',
  );
}

/** `sallyport logout`. */
export function addLogout(program: Command, environment: Environment): void {
  const command = program
    .command('logout')
    .description('end your session on this machine and at the gateway')
    .option('--everywhere', 'also end all your other sessions, in browsers and on other machines')
    .action(lazily(environment, async () => (await import('../login/log-out.ts')).logOut));
  withExample(withGateway(command), 'sallyport logout', 'sallyport logout --everywhere');
}
