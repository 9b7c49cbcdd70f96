import * as z from 'zod/mini';
import { about } from '../text/about.ts';
import { nameSchema } from '../text/name.ts';

/** A connector that may dial the gateway. `publicKeys` are validated by the gateway, which needs node:crypto for it. */
export const connectorSchema = z.strictObject({
  name: about('Its name, by which clusters and routes refer to it.', nameSchema),
  publicKeys: about(
    'The public halves of its Ed25519 keys: SPKI, in PEM or base64. Several while a key is replaced. A key that is removed ends its connections at once.',
    z.array(z.string().check(z.minLength(1), z.maxLength(1000))).check(z.minLength(1), z.maxLength(4)),
  ),
});
export type ConnectorConfig = z.infer<typeof connectorSchema>;

type Parts = {
  connectors: readonly ConnectorConfig[];
  clusters: readonly { connector?: string | null | undefined }[];
  routes: readonly { connector?: string | null | undefined }[];
};

/** Returns what is wrong with connectors next to the rest of the configuration. */
export function connectorFaults({
  connectors,
  clusters,
  routes,
}: Parts): { path: (string | number)[]; message: string }[] {
  const names = new Set(connectors.map(({ name }) => name));
  const users = [
    ...clusters.map((one, index) => ({ one, path: ['clusters', index] })),
    ...routes.map((one, index) => ({ one, path: ['routes', index] })),
  ];
  const unknown = users
    .filter(({ one }) => one.connector != null && !names.has(one.connector))
    .map(({ one, path }) => ({ path: [...path, 'connector'], message: `there is no connector "${one.connector}"` }));
  const keys = connectors.flatMap(({ publicKeys }, index) => publicKeys.map((key) => ({ key: key.trim(), index })));
  const shared = keys
    .filter(({ key, index }) => keys.some((other) => other.index < index && other.key === key))
    .map(({ index }) => ({
      path: ['connectors', index, 'publicKeys'],
      message: 'has a key of another connector; the key tells the gateway which connector it is',
    }));
  return [...unknown, ...shared];
}
