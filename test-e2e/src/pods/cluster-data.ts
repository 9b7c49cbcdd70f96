import type { AttachedBed } from '@sallyport/bed';

const namespace = 'sallyport-data';

/** Returns a Service without pods that leads to a server of the bed, at the port under which the manifests know it. */
function leadTo(name: string, port: number, to: { address: string; port: number }): object[] {
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { ports: [{ name, port }] } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [to.address], conditions: { ready: true } }],
      ports: [{ name, port: to.port }],
    },
  ];
}

/** Returns the namespace with Redis, Kafka and PostgreSQL that the manifests expect. They are those of the bed. */
export function dataObjects(bed: AttachedBed): object[] {
  const address = bed.cluster!.network!.host;
  const portOf = (url: string) => Number(new URL(url).port);
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    ...leadTo('redis', 6379, { address, port: portOf(bed.redis!.url) }),
    ...leadTo('postgres', 5432, { address, port: portOf(bed.postgres!.url) }),
    ...leadTo('kafka', 9092, { address, port: portOf(`tcp://${bed.kafka!.podBrokers![0]!}`) }),
  ];
}

/** Returns the URL of Redis and that of PostgreSQL, as pods know them. */
export function dataUrls(bed: AttachedBed): { redis: string; postgres: string } {
  const postgres = new URL(bed.postgres!.url);
  postgres.host = `postgres.${namespace}.svc:5432`;
  return { redis: `redis://redis.${namespace}.svc:6379/0`, postgres: postgres.href };
}
