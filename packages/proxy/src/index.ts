// The road to the Kubernetes API servers.
export {};
