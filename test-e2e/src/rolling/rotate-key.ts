import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { eventually, httpRequestOnce, keyMetric, publicHalves, theBed } from '../harness/index.ts';
import { podsOf, type Service } from './service-pods.ts';

const namespace = 'sallyport';
const adminPorts: Record<Service, number> = { authenticate: 9180, authorize: 9181, audit: 9182, proxy: 9183 };
const admin = () => theBed().cluster!.admin;

async function patch(kind: 'configmap' | 'secret', name: string, change: object): Promise<void> {
  await admin().kubectl(['patch', kind, name, '-n', namespace, '-p', JSON.stringify(change)]);
}

/** Waits until every pod of some services has, or no longer has, a key for a use. */
async function shown(line: string, service: Service | undefined, there = true): Promise<void> {
  const pods = await podsOf(service);
  await eventually(
    `${line} to be ${there ? 'there' : 'gone'}`,
    async () => {
      const answers = await Promise.all(
        pods.map((pod) => httpRequestOnce(`http://${pod.ip}:${adminPorts[pod.service]}/metrics`)),
      );
      return answers.every(({ text }) => text.includes(line) === there);
    },
    90_000,
  );
}

async function keyOf(service: Service): Promise<KeyObject> {
  const secret = await admin().kubectl(['get', 'secret', `sallyport-${service}-key`, '-n', namespace, '-o', 'json']);
  const { data } = JSON.parse(secret) as { data: Record<string, string> };
  return createPrivateKey(Buffer.from(data['private.pem']!, 'base64'));
}

/** Replaces the key of a service in the steps of docs/operations/keys.md, each of which waits for all pods. */
export async function rotateKey(service: Service): Promise<void> {
  const before = await keyOf(service);
  const { privateKey } = generateKeyPairSync('ed25519');
  const publish = (...keys: KeyObject[]) =>
    patch('configmap', 'sallyport-public-keys', { data: { [`${service}.pub`]: publicHalves(...keys) } });
  await publish(before, privateKey);
  await shown(keyMetric(service, privateKey, 'verify'), undefined);
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  await patch('secret', `sallyport-${service}-key`, { stringData: { 'private.pem': pem } });
  await shown(keyMetric(service, privateKey, 'sign'), service);
  await publish(privateKey);
  await shown(keyMetric(service, before, 'verify'), undefined, false);
}
