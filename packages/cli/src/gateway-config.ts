// What reads a gateway's configuration: heavy, so commands import this file only when they need it, and the bundle keeps it apart.
export { ConfigFaults, formatFaults, loadConfig, readConfig, readYaml, type ConfigFault } from '@sallyport/kit';
export { compilePolicy } from '@sallyport/policy';
