// A small Kubernetes API server in one process, for the demo and for quick tests. It is not a real Kubernetes, and says
// so: objects, rules and streams are real, but what runs in its pods is simulated.
export {
  createPracticeCluster,
  type PracticeCluster,
  type PracticeClusterOptions,
} from './server/create-practice-cluster.ts';
export type { PracticeRequest } from './server/handle-request.ts';
export type { TokenIdentity } from './access/authenticate.ts';
export type { ClusterAuditEvent } from './audit/cluster-audit-event.ts';
export type { User } from './access/user.ts';
export { FrameReader } from './websocket/frame-reader.ts';
export { MessageReader } from './websocket/message-reader.ts';
export { demoBindings } from './seed/roles.ts';
export type { KubeObject, Metadata } from './objects/kube-object.ts';
