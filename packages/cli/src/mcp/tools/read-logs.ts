import { readText } from '../cluster/read-cluster.ts';
import { chooseCluster, clusterSource, type Tool } from './tool.ts';

/** A log is read from its oldest line on, so this is more than is shown. */
const maxLogBytes = 4 * 1024 * 1024;

const flag = (value: boolean | undefined) => (value === true ? 'true' : undefined);

/** The tool `logs`. */
export const readLogs: Tool<'logs'> = async (given, { gateway, clusters }) => {
  const { pod, namespace, container, tailLines, sinceSeconds, previous, timestamps } = given;
  const cluster = chooseCluster(given.cluster, clusters);
  const { text } = await readText(gateway, {
    cluster,
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`,
    query: {
      container,
      tailLines: String(tailLines),
      limitBytes: String(maxLogBytes),
      sinceSeconds: sinceSeconds === undefined ? undefined : String(sinceSeconds),
      previous: flag(previous),
      timestamps: flag(timestamps),
    },
    accept: 'application/json, */*',
    maxBytes: maxLogBytes,
  });
  const of = `the log of pod ${pod} in namespace ${namespace}`;
  if (text === '') return { about: `There is nothing in ${of}.` };
  const full = Buffer.byteLength(text) >= maxLogBytes;
  return {
    about: `${of}, at most the newest ${tailLines} lines, oldest first`,
    data: { text, source: `${clusterSource(cluster)}, written by the program in the pod`, keep: 'end' },
    ...(full ? { notes: ['The newest lines are missing, because the lines are long. Ask for fewer lines.'] } : {}),
  };
};
