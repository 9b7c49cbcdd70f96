// A small Kubernetes API server in one process, for the demo and for quick tests. It is no Kubernetes and says so:
// objects, rules and streams are real, what runs in its pods is made up.
export { createPracticeCluster, practiceVersion } from './create-practice-cluster.ts';
export type { PracticeCluster, PracticeClusterOptions } from './create-practice-cluster.ts';
export type { PracticeRequest } from './handle-request.ts';
export type { TokenIdentity } from './access/authenticate.ts';
export type { User } from './access/user.ts';
export { FrameReader } from './websocket/frame-reader.ts';
export { MessageReader } from './websocket/message-reader.ts';
export type { KubeObject, Metadata } from './kube-object.ts';
