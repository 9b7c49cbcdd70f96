// The command `sallyport`: log in, write kubeconfigs, give kubectl its credential, search the audit trail.
export { runCli } from './program/run-cli.ts';
export { exitCodes, type ExitName } from './terminal/exit-codes.ts';
export type { Environment } from './environment/environment.ts';
