import path from 'node:path';
import { runCommand, tryCommand, type CommandOptions, type CommandResult } from '../run/command.ts';

export type Kubectl = {
  /** Runs kubectl and returns its standard output. Throws if it fails. */
  kubectl(args: readonly string[], options?: CommandOptions): Promise<string>;
  /** Runs kubectl and returns its result. */
  tryKubectl(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Applies objects. */
  apply(...objects: object[]): Promise<string>;
};

/** Binds kubectl to a kubeconfig. Its discovery cache is next to that file, not in the home directory. */
export function createKubectl(program: string, kubeconfigFile: string): Kubectl {
  const env = { KUBECONFIG: kubeconfigFile, KUBECACHEDIR: path.join(path.dirname(kubeconfigFile), 'kubectl-cache') };
  const withEnv = (options?: CommandOptions): CommandOptions => ({
    timeoutMs: 270_000,
    ...options,
    env: { ...env, ...options?.env },
  });
  const kubectl: Kubectl['kubectl'] = (args, options) => runCommand(program, args, withEnv(options));
  return {
    kubectl,
    tryKubectl: (args, options) => tryCommand(program, args, withEnv(options)),
    apply: (...objects) =>
      kubectl(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }) }),
  };
}
