// May you? One decision for every request.
export {};
