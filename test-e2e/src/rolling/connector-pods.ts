import { setTimeout as pause } from 'node:timers/promises';
import { eventually, runCommand, theBed } from '../harness/index.ts';
import { killProgram, podsOfConnector, programOf, type RunningPod } from './service-pods.ts';

const pollMs = 1000;
const settleMs = 300_000;

/** What is done to the two pods of a connector. */
export type ConnectorPods = {
  /** Restarts them in a rolling way, and waits until the previous ones are gone. */
  restart(): Promise<void>;
  /** Kills the programs of so many of them at once with SIGKILL, and waits until all are connected again. */
  kill(count: 1 | 2): Promise<void>;
  /** Drops every packet between them and the gateway for a time. */
  cut(seconds: number): Promise<void>;
};

/** Returns what is done to the pods of the connector in a namespace. `url` is the address that it dials. */
export function connectorPods(namespace: string, url: string): ConnectorPods {
  const { hostname, port } = new URL(url);
  const settled = (before: readonly RunningPod[] = []) =>
    eventually(
      'two connected pods of the connector, and no others',
      async () => {
        await pause(pollMs);
        const pods = await podsOfConnector(namespace);
        const isNew = ({ uid }: RunningPod) => before.every((one) => one.uid !== uid);
        return pods.length === 2 && pods.every((pod) => pod.ready && !pod.stopping && isNew(pod));
      },
      settleMs,
    );
  /** Changes the rules of the pod itself, because only there do addresses still mean the gateway. */
  const rules = async (pod: RunningPod, action: '--insert' | '--delete') => {
    const inPod = ['--net', '--target', String(programOf(pod)), 'iptables', action];
    const drop = ['--protocol', 'tcp', '--jump', 'DROP'];
    for (const which of [
      ['OUTPUT', '--destination', hostname, ...drop, '--dport', port],
      ['INPUT', '--source', hostname, ...drop, '--sport', port],
    ]) {
      const { code, stderr } = await runCommand('nsenter', [...inPod, ...which]);
      if (code !== 0) throw new Error(`iptables: ${stderr}`);
    }
  };
  return {
    async restart() {
      const before = await podsOfConnector(namespace);
      await theBed().cluster!.admin.kubectl(['rollout', 'restart', 'deployment', '-n', namespace]);
      await settled(before);
    },
    async kill(count) {
      await Promise.all((await podsOfConnector(namespace)).slice(0, count).map(killProgram));
      await settled();
    },
    async cut(seconds) {
      const pods = await podsOfConnector(namespace);
      for (const pod of pods) await rules(pod, '--insert');
      await pause(seconds * 1000);
      for (const pod of pods) await rules(pod, '--delete');
      await settled();
    },
  };
}
