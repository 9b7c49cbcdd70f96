import process from 'node:process';
import { runHelm, type ChartValues } from '../deployment/render-chart.ts';
import { theBed } from '../harness/index.ts';

/** A release of Helm in a namespace, as the administrator of the cluster manages it. */
export type Release = {
  /** Runs a command of Helm in the namespace, and returns what it prints. Throws if it fails. */
  helm(args: readonly string[], values?: ChartValues): Promise<string>;
  /** Returns a line for each object of these kinds in the namespace, in order. `path` is a JSONPath below the object. */
  list(kinds: string, path: string): Promise<string[]>;
  /** Returns the UIDs of the running pods by their component. */
  pods(): Promise<Record<string, string>>;
  /** Returns how often containers were restarted, in all. */
  restarts(): Promise<number>;
};

/** Returns how Helm and kubectl are called for the releases of a namespace. */
export function releaseIn(namespace: string): Release {
  const cluster = () => theBed().cluster!;
  const list: Release['list'] = async (kinds, path) =>
    (
      await cluster().admin.kubectl([
        'get',
        kinds,
        '-n',
        namespace,
        '-o',
        `jsonpath={range .items[*]}${path}{"\\n"}{end}`,
      ])
    )
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .toSorted();
  const lastLinesOfPods = async () => {
    const names = await list('pods', '{.metadata.name}');
    const logs = names.map((name) =>
      cluster().admin.tryKubectl(['logs', name, '-n', namespace, '--all-containers', '--prefix', '--tail=5']),
    );
    return (await Promise.all(logs)).map(({ stdout, stderr }) => stdout + stderr).join('');
  };
  return {
    list,
    async helm(args, values) {
      const began = Date.now();
      const access = ['--namespace', namespace, '--kubeconfig', cluster().adminKubeconfig];
      const { code, stdout, stderr } = await runHelm([...args, ...access], values);
      if (code !== 0) throw new Error(`helm ${args[0]}: ${stderr}\n${stdout}\n${await lastLinesOfPods()}`);
      process.stderr.write(`pods: helm ${args[0]} took ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
      return stdout;
    },
    async pods() {
      const component = '{.metadata.labels.app\\.kubernetes\\.io/component}';
      const lines = await list('pods', `${component} {.metadata.uid} {.metadata.deletionTimestamp}`);
      const running = lines.map((line) => line.split(' ')).filter(([, , deleted]) => !deleted);
      return Object.fromEntries(running.map(([name, uid]) => [name!, uid!]));
    },
    async restarts() {
      const counts = await list('pods', '{.status.containerStatuses[*].restartCount}');
      return counts.flatMap((line) => line.split(' ').map(Number)).reduce((sum, one) => sum + one, 0);
    },
  };
}
