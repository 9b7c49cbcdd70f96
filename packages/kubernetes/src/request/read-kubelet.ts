import type { QueryParameters } from './parse-query.ts';
import type { ExecOptions } from './read-exec.ts';

/** An action in a pod that a request through `nodes/proxy` asks of the kubelet. */
export type KubeletRequest = {
  action: 'exec' | 'run' | 'attach' | 'portforward';
  /** What to run, and where; absent for a port-forward. */
  exec?: ExecOptions;
};

const actions: ReadonlyMap<string, KubeletRequest['action']> = new Map([
  ['exec', 'exec'],
  ['run', 'run'],
  ['attach', 'attach'],
  ['portForward', 'portforward'],
]);

/** Returns the command. For a run, the kubelet splits its `cmd` at each blank. */
function commandOf(action: KubeletRequest['action'], query: QueryParameters): string[] {
  if (action === 'run') return (query.get('cmd')?.[0] ?? '').split(' ');
  return [...(query.get('command') ?? [])];
}

/**
 * Reads the path after `nodes/<node>/proxy` like the kubelet's server
 * (`/exec/<namespace>/<pod>[/<uid>]/<container>`); undefined if the request does not act in a pod.
 */
export function readKubelet(proxyPath: string, query: QueryParameters): KubeletRequest | undefined {
  // The API server joins the path to the node's address, which removes empty segments.
  const [first = '', ...rest] = proxyPath.split('/').filter((segment) => segment !== '');
  const action = actions.get(first);
  if (action === undefined) return undefined;
  if (action === 'portforward') return { action };
  const isOne = (name: string) => query.get(name)?.[0] === '1';
  return {
    action,
    exec: {
      container: rest.length > 2 ? rest.at(-1)! : '',
      command: commandOf(action, query),
      stdin: isOne('input'),
      tty: isOne('tty'),
    },
  };
}
