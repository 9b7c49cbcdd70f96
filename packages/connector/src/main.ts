import process from 'node:process';
import { parseArgs } from 'node:util';
import { argumentFault } from '@sallyport/kit';
import { checkConnector, isExpectedFault, runConnector } from './run/run-connector.ts';

const help = `sallyport-connector: carries connections of a Sallyport gateway into a network that it cannot dial into
  --config FILE     configuration file (default: ./connector.yaml)
  --check-config    check the configuration, report all faults, and exit
  --help            show this help
Example: sallyport-connector --config /etc/sallyport/connector.yaml
Environment: HTTPS_PROXY, NO_PROXY
`;

function readArguments() {
  try {
    return parseArgs({
      options: {
        config: { type: 'string', default: 'connector.yaml' },
        'check-config': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`sallyport-connector: ${argumentFault(error)}\n\n${help}`);
    process.exit(2);
  }
}

const { config, help: wantsHelp, 'check-config': onlyCheck } = readArguments();
const request = { config, env: process.env };
try {
  if (wantsHelp) process.stdout.write(help);
  else if (onlyCheck) {
    checkConnector(request);
    process.stdout.write(`${config}: ok\n`);
  } else await runConnector(request);
} catch (error) {
  process.stderr.write(`${isExpectedFault(error) ? error.message : String((error as Error).stack)}\n`);
  process.exitCode = 1;
}
