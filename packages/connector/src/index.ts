// The connector: a program in a private network that dials the gateway.
export { checkConnector, isExpectedFault, runConnector } from './run/run-connector.ts';
