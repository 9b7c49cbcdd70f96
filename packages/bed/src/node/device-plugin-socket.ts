import { connect } from 'node:net';

/** The socket on which every kubelet listens for device plugins. Kubernetes fixes its path. */
export const DEVICE_PLUGIN_SOCKET = '/var/lib/kubelet/device-plugins/kubelet.sock';

/** Reports whether a process listens on a Unix socket. */
export function acceptsConnections(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(file);
    const give = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', give(true)).once('error', give(false));
  });
}
