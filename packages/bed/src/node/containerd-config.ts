import type { Snapshotter } from '../cluster/node-images.ts';
import type { NodeNames } from './node-names.ts';

export type ContainerdFiles = {
  names: NodeNames;
  runc: string;
  cniPlugins: string;
  cniConfig: string;
  sandboxImage: string;
  snapshotter: Snapshotter;
};

/** Returns containerd's configuration (format version 2), with all paths below the directory of the run. */
export function containerdConfig(files: ContainerdFiles): string {
  const { names, runc, cniPlugins, cniConfig, sandboxImage, snapshotter } = files;
  const text = (value: string): string => JSON.stringify(value);
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = ${text(`${names.containerdDirectory}/root`)}
state = ${text(`${names.containerdDirectory}/state`)}
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing",
]

[grpc]
  address = ${text(names.containerdSocket)}

[debug]
  level = "warn"

[plugins."io.containerd.internal.v1.opt"]
  path = ${text(`${names.containerdDirectory}/opt`)}

[${cri}]
  sandbox_image = ${text(sandboxImage)}
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  # A process that is itself restricted may not lower a score, and runc dies of the attempt.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true

[${cri}.containerd]
  snapshotter = ${text(snapshotter)}
  default_runtime_name = "runc"

[${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[${cri}.containerd.runtimes.runc.options]
  BinaryName = ${text(runc)}
  Root = ${text(`${names.containerdDirectory}/runc`)}
  SystemdCgroup = false

[${cri}.cni]
  bin_dir = ${text(cniPlugins)}
  conf_dir = ${text(cniConfig)}
`;
}
