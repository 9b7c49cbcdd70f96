export type KubeconfigUser = { certPem: string; keyPem: string } | { token: string };

/** Returns a self-contained kubeconfig, as JSON, which is also YAML. */
export function kubeconfig(options: {
  server: string;
  caPem: string;
  user: KubeconfigUser;
  name?: string;
  namespace?: string;
}): string {
  const name = options.name ?? 'bed';
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const { user } = options;
  return JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: { server: options.server, 'certificate-authority-data': base64(options.caPem) } }],
      users: [
        {
          name,
          user:
            'token' in user
              ? { token: user.token }
              : { 'client-certificate-data': base64(user.certPem), 'client-key-data': base64(user.keyPem) },
        },
      ],
      contexts: [{ name, context: { cluster: name, user: name, namespace: options.namespace } }],
      'current-context': name,
    },
    undefined,
    2,
  );
}
