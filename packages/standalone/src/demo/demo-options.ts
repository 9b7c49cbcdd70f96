import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

export type DemoOptions = {
  cluster: 'practice' | 'real' | 'own';
  kubeconfig: string | undefined;
  context: string | undefined;
  yes: boolean;
  port: number;
  stateDir: string;
  policy: string | undefined;
  exitAfter: string | undefined;
  help: boolean;
};

export const demoHelp = `npm run demo -- [options]: Sallyport with all it needs, on this machine

  --cluster practice|real  practice (the default): a small made-up cluster in this process, ready in seconds
                           real: a real control plane and node, built once (about ten minutes, with progress); needs root, Go and Linux
  --kubeconfig FILE        your own cluster instead; asks first. Role bindings there are yours to make
  --context NAME           the context of that file
  --yes                    the answer to every question is yes
  --port P                 the gateway's port (default 8443; 0 = any free one)
  --state-dir DIR          where everything is written (default .sallyport)
  --policy FILE            a policy (PPL) instead of the demo's own (DIR/policy.yaml); either may be edited while the demo runs
  --exit-after COMMAND     run this when all is ready, with KUBECONFIG set, then stop with its exit code
  --help                   this text

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
  'exit-after': { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** Reads the demo's command line. Throws an Error whose text says what is wrong with it. */
export function readDemoOptions(args: readonly string[], workingDirectory: string): DemoOptions {
  const { values } = parseArgs({ args: [...args], options: settings });
  const absolute = (file: string | undefined) =>
    file === undefined ? undefined : path.resolve(workingDirectory, file);
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('--port takes a number from 0 to 65535');
  if (values.cluster !== 'practice' && values.cluster !== 'real')
    throw new Error('--cluster takes practice or real; for a cluster of your own use --kubeconfig FILE');
  if (values.context !== undefined && values.kubeconfig === undefined) throw new Error('--context needs --kubeconfig');
  for (const file of [values.kubeconfig, values.policy])
    if (file !== undefined && !existsSync(absolute(file)!)) throw new Error(`${file} does not exist`);
  return {
    cluster: values.kubeconfig === undefined ? values.cluster : 'own',
    kubeconfig: absolute(values.kubeconfig),
    context: values.context,
    yes: values.yes,
    port,
    stateDir: absolute(values['state-dir'])!,
    policy: absolute(values.policy),
    exitAfter: values['exit-after'],
    help: values.help,
  };
}
