import type { QueryParameters } from './parse-query.ts';
import type { ExecOptions } from './read-exec.ts';

/** What a request through `nodes/proxy` asks the kubelet to do in a pod. */
export type KubeletRequest = {
  action: 'exec' | 'run' | 'attach' | 'portforward';
  /** What is run, and where; absent for a port-forward. */
  exec?: ExecOptions;
};

const actions: ReadonlyMap<string, KubeletRequest['action']> = new Map([
  ['exec', 'exec'],
  ['run', 'run'],
  ['attach', 'attach'],
  ['portForward', 'portforward'],
]);

/** The kubelet's `cmd` of a run is one text, which it splits at each blank. */
function commandOf(action: KubeletRequest['action'], query: QueryParameters): string[] {
  if (action === 'run') return (query.get('cmd')?.[0] ?? '').split(' ');
  return [...(query.get('command') ?? [])];
}

/**
 * Reads the path behind `nodes/<node>/proxy` as the kubelet's server does
 * (`/exec/<namespace>/<pod>[/<uid>]/<container>`); undefined where nothing is done in a pod.
 */
export function readKubelet(proxyPath: string, query: QueryParameters): KubeletRequest | undefined {
  // The API server joins the path to the node's address, which leaves out empty segments.
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
