import process from 'node:process';
import { runCli } from './program/run-cli.ts';
import { processEnvironment } from './environment/environment.ts';

// A closed pipe (`sallyport audit search | head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await runCli(process.argv.slice(2), processEnvironment());
// A name that does not resolve would keep the user of a shell waiting for a completion that is already printed.
if (process.argv[2] === '__complete') process.stdout.write('', () => process.exit());
