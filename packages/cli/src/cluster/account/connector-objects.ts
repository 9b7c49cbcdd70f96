import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import { labelsOf, rbacVersion, type AccountPlace, type KubeObject } from './account-objects.ts';

/** What the connector of a cluster is made of, besides its place. The chart sallyport-connector makes the same objects. */
export type ConnectorSettings = {
  gateway: string;
  /** PEM. */
  gatewayCa?: string | undefined;
  gatewayPublicKeys: readonly string[];
  image: string;
  /** PKCS #8, PEM. */
  privateKey: string;
};

/** The API server, as pods reach it. A connector may reach this one alone. */
export const ownServer = 'kubernetes.default.svc';

const [adminPort, apiServerPorts] = [9099, [443, 6443]];
const directory = '/etc/sallyport';

/** Returns the name of all objects of the connector: that of the gateway's account, for the connector. */
export const connectorName = ({ account }: AccountPlace): string => `${account.replace(/-gateway$/, '')}-connector`;

/** Returns references to the objects of a connector, in the order in which they are made. */
export function connectorReferences(place: AccountPlace): KubeObject[] {
  const metadata = { name: connectorName(place), namespace: place.namespace };
  return [
    ['v1', 'ServiceAccount'],
    [rbacVersion, 'Role'],
    [rbacVersion, 'RoleBinding'],
    ['v1', 'Secret'],
    ['v1', 'ConfigMap'],
    ['networking.k8s.io/v1', 'NetworkPolicy'],
    ['policy/v1', 'PodDisruptionBudget'],
    ['apps/v1', 'Deployment'],
  ].map(([apiVersion, kind]) => ({ apiVersion: apiVersion!, kind: kind!, metadata }));
}

function configData(place: AccountPlace, { gateway, gatewayCa, gatewayPublicKeys }: ConnectorSettings) {
  const config = {
    gateway,
    ...(gatewayCa === undefined ? {} : { caFile: 'gateway-ca.crt' }),
    keyFile: `${directory}/key/private.pem`,
    gatewayPublicKeys,
    reach: [`${ownServer}:443`],
    carriers: 2,
    token: { namespace: place.namespace, serviceAccount: place.account, secret: connectorName(place), lifetime: '1h' },
    drain: '60s',
    listen: `0.0.0.0:${adminPort}`,
    logLevel: 'info',
  };
  return {
    'connector.yaml': stringify(config, { lineWidth: 0 }),
    ...(gatewayCa === undefined ? {} : { 'gateway-ca.crt': gatewayCa }),
  };
}

const probe = (path: string, more: object) => ({ httpGet: { path, port: 'admin' }, ...more });

function container(image: string) {
  return {
    name: 'connector',
    image,
    imagePullPolicy: 'IfNotPresent',
    args: ['connector', '--config', `${directory}/connector/connector.yaml`],
    ports: [{ name: 'admin', containerPort: adminPort }],
    startupProbe: probe('/livez', { periodSeconds: 1, failureThreshold: 60 }),
    livenessProbe: probe('/livez', { periodSeconds: 10, timeoutSeconds: 3 }),
    readinessProbe: probe('/readyz', { periodSeconds: 5, timeoutSeconds: 3 }),
    resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '256Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'config', mountPath: `${directory}/connector`, readOnly: true },
      { name: 'key', mountPath: `${directory}/key`, readOnly: true },
    ],
  };
}

function deployment(name: string, labels: Record<string, string>, image: string, data: object) {
  const constraint = { maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: labels } };
  return {
    replicas: 2,
    selector: { matchLabels: labels },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    template: {
      metadata: {
        labels: { ...labels, 'app.kubernetes.io/part-of': 'sallyport' },
        // The connector reads its configuration at the start.
        annotations: {
          'sallyport.dev/config': createHash('sha256').update(JSON.stringify(data)).digest('hex'),
        },
      },
      spec: {
        serviceAccountName: name,
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        // Longer than `drain`.
        terminationGracePeriodSeconds: 75,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 10_001,
          runAsGroup: 10_001,
          fsGroup: 10_001,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        topologySpreadConstraints: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
          ...constraint,
          topologyKey,
        })),
        containers: [container(image)],
        volumes: [
          { name: 'config', configMap: { name } },
          {
            name: 'key',
            secret: { secretName: name, defaultMode: 0o440, items: [{ key: 'private.pem', path: 'private.pem' }] },
          },
        ],
      },
    },
  };
}

/** The connector is called by nobody. It calls DNS, the API server and the gateway. */
function networkPolicy(labels: Record<string, string>, gateway: string) {
  const tcp = (port: number) => ({ protocol: 'TCP', port });
  const ports = [...new Set([...apiServerPorts, Number(new URL(gateway).port || 443)])];
  return {
    podSelector: { matchLabels: labels },
    policyTypes: ['Ingress', 'Egress'],
    egress: [{ ports: [{ protocol: 'UDP', port: 53 }, tcp(53)] }, { ports: ports.map(tcp) }],
  };
}

/** Returns the objects of a connector in the cluster that it makes reachable. */
export function connectorObjects(place: AccountPlace, settings: ConnectorSettings): KubeObject[] {
  const name = connectorName(place);
  const labels = { 'app.kubernetes.io/name': 'sallyport-connector', 'app.kubernetes.io/instance': name };
  const data = configData(place, settings);
  const fields: Record<string, Record<string, unknown>> = {
    ServiceAccount: { automountServiceAccountToken: false },
    // Tokens of the gateway's account, and nothing else.
    Role: {
      rules: [
        { apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: [place.account], verbs: ['create'] },
      ],
    },
    RoleBinding: {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: place.namespace }],
    },
    Secret: { type: 'Opaque', data: { 'private.pem': Buffer.from(settings.privateKey).toString('base64') } },
    ConfigMap: { data },
    NetworkPolicy: { spec: networkPolicy(labels, settings.gateway) },
    PodDisruptionBudget: {
      spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: labels } },
    },
    Deployment: { spec: deployment(name, labels, settings.image, data) },
  };
  return connectorReferences(place).map((reference) => ({
    ...reference,
    metadata: { ...reference.metadata, labels: labelsOf(place) },
    ...fields[reference.kind],
  }));
}
