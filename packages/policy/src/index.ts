// The policy language and its engine.
export {};
