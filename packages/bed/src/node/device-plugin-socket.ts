import { connect } from 'node:net';

/** Where every kubelet listens for device plugins; its path is fixed in Kubernetes itself. */
export const DEVICE_PLUGIN_SOCKET = '/var/lib/kubelet/device-plugins/kubelet.sock';

/** Tells whether a process listens on a Unix socket. */
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
