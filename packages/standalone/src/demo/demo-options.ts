import { statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { argumentFault } from '@sallyport/kit';

export type DemoOptions = {
  cluster: 'practice' | 'real' | 'own';
  kubeconfig: string | undefined;
  context: string | undefined;
  yes: boolean;
  port: number;
  stateDir: string;
  policy: string | undefined;
  withTraffic: boolean;
  exitAfter: string | undefined;
  help: boolean;
};

export const demoHelp = `npm run demo -- [options]: runs Sallyport on this machine, with everything it needs

  --cluster practice|real  practice (default): a small simulated cluster in this process, ready in seconds
                           real: a real control plane and node; the first build takes about ten minutes; needs Linux, root and Go
  --kubeconfig FILE        use your own cluster, after asking you; you create the role bindings there
  --context NAME           the context to use from that file
  --yes                    answer yes to every question
  --port P                 port of the gateway (default 8443; 0 = any free port)
  --state-dir DIR          directory for all files (default .sallyport)
  --policy FILE            use this policy (PPL) instead of DIR/policy.yaml; you can edit either while the demo runs
  --with-traffic           let the demo's people work on the practice cluster, so that there is something to see
  --exit-after COMMAND     run this command with KUBECONFIG set, then stop the demo and exit with its exit code
  --help                   show this help

Example: npm run demo -- --port 0 --exit-after 'kubectl config view'
`;

const settings = {
  cluster: { type: 'string', default: 'practice' },
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  yes: { type: 'boolean', default: false },
  port: { type: 'string', default: '8443' },
  'state-dir': { type: 'string', default: '.sallyport' },
  policy: { type: 'string' },
  'with-traffic': { type: 'boolean', default: false },
  'exit-after': { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** Parses the command line. Describes a mistake in words of ours: those of Node.js advise what the demo cannot do. */
function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: settings });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const hint =
      code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL'
        ? '. npm keeps options for itself unless they follow --, as in: npm run demo -- --port 0'
        : '';
    throw new Error(`${argumentFault(error)}${hint}`, { cause: error });
  }
}

/** Returns what is wrong with a file that the user named, or undefined. */
function faultOf(file: string): string | undefined {
  try {
    return statSync(file).isDirectory() ? 'is a directory' : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? 'unknown reason'})`;
  }
}

/** Reads the demo's command line. Throws an Error that describes what is wrong with it. */
export function readDemoOptions(args: readonly string[], workingDirectory: string): DemoOptions {
  const { values } = parse(args);
  const absolute = (file: string | undefined) =>
    file === undefined ? undefined : path.resolve(workingDirectory, file);
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535) throw new Error('--port must be a number from 0 to 65535');
  if (values.cluster !== 'practice' && values.cluster !== 'real')
    throw new Error('--cluster must be practice or real. For your own cluster, use --kubeconfig FILE');
  if (values.context !== undefined && values.kubeconfig === undefined)
    throw new Error('--context requires --kubeconfig');
  if (values['with-traffic'] && (values.kubeconfig !== undefined || values.cluster !== 'practice'))
    throw new Error('--with-traffic works with the practice cluster only');
  for (const [option, file] of Object.entries({ '--kubeconfig': values.kubeconfig, '--policy': values.policy })) {
    const fault = file === undefined ? undefined : faultOf(absolute(file)!);
    if (fault !== undefined) throw new Error(`${option}: ${file} ${fault}`);
  }
  return {
    cluster: values.kubeconfig === undefined ? values.cluster : 'own',
    kubeconfig: absolute(values.kubeconfig),
    context: values.context,
    yes: values.yes,
    port,
    stateDir: absolute(values['state-dir'])!,
    policy: absolute(values.policy),
    withTraffic: values['with-traffic'],
    exitAfter: values['exit-after'],
    help: values.help,
  };
}
