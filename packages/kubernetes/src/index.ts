// The tongue of the Kubernetes API: request info, Status, WebSocket framing.
export {};
