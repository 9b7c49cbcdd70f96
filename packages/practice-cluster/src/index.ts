// A small Kubernetes API server in one process, for the demo and for quick tests.
export {};
