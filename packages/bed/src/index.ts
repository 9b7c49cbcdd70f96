// Builds and starts the real components that whole-system tests run against.
export {};
