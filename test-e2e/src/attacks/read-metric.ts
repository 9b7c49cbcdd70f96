import type { ServiceName } from '@sallyport/contracts';
import { httpRequestOnce, type Gateway } from '../harness/index.ts';

/** Returns a metric of a service by name and labels. It is 0 before it was first counted. */
export async function readMetric(
  gateway: Pick<Gateway, 'adminPorts'>,
  service: ServiceName,
  name: string,
  labels = '',
): Promise<number> {
  const { text } = await httpRequestOnce(`http://127.0.0.1:${gateway.adminPorts[service]}/metrics`);
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name}${labels} `))
      ?.split(' ')
      .at(-1) ?? 0,
  );
}
